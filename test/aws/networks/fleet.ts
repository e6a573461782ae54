import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type McpServer, ServerRuntime, ToolPolicy } from '../../../lib';
import type { Template } from '../../../local/assembly/template';
import type { LocalAccount } from '../../../local/local-account';
import type { FleetApp } from '../../suites/fleet-app';

export const STACK = 'Networks';
export const AGENT = 'caller';
export const SERVERS = ['one', 'two'] as const;
/** An agent waits at least so long for an answer, in milliseconds: the gateway's bounds are shorter. */
const PATIENCE_MS = 60_000;

/** Two servers of one program, one instance each, so that one of them can be cut off beside the other. */
export const networksApp: FleetApp = {
  name: STACK.toLowerCase(),
  agents: [AGENT],
  servers: (fleet): readonly McpServer[] =>
    SERVERS.map((name) =>
      fleet.addServer(name, {
        runtime: ServerRuntime.http({
          package: '@modelcontextprotocol/server-everything',
          version: '2026.8.31',
          bin: 'mcp-server-everything',
          args: ['streamableHttp'],
          port: 3001,
        }),
        scaling: { minInstances: 1, maxInstances: 1 },
        tools: { echo: ToolPolicy.readOnly(), 'get-sum': ToolPolicy.stateChanging() },
      }),
    ),
};

/** The assembly with another template. @returns its folder */
export function altered(assembly: string, folder: string, change: (template: Template) => Template): string {
  cpSync(assembly, folder, { recursive: true });
  const file = join(folder, `${STACK}.template.json`);
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))));
  return folder;
}

/** What a call in a new session comes to: `answered`, or the name and outcome of the error. */
export async function called(account: LocalAccount, server: string, tool: 'echo' | 'get-sum' = 'get-sum'): Promise<string> {
  const headers = { authorization: `Bearer ${await account.token(AGENT)}` };
  const transport = new StreamableHTTPClientTransport(new URL(`${account.baseUrl}/${server}/mcp`), { requestInit: { headers } });
  const client = new Client({ name: 'networks', version: '1' });
  try {
    await client.connect(transport, { timeout: PATIENCE_MS });
    await client.callTool({ name: tool, arguments: tool === 'echo' ? { message: 'x' } : { a: 1, b: 2 } }, undefined, {
      timeout: PATIENCE_MS,
    });
    return 'answered';
  } catch (error) {
    const { data } = error as { data?: { error?: string; outcome?: string } };
    return data?.error === undefined ? String(error) : `${data.error} ${data.outcome}`;
  } finally {
    await client.close();
  }
}
