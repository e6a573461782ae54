import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ROOT } from './fleet';

/**
 * A desktop client on stdio, and `mcp-remote` between it and the fleet, as its users write it down.
 * @param folder where it keeps what it knows
 * @param onLogin is given the page that it asks for in a browser
 */
export async function connectByMcpRemote(endpoint: URL, folder: string, onLogin: (page: URL) => void): Promise<Client> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(ROOT, 'node_modules/mcp-remote/dist/proxy.js'), String(endpoint)],
    // Whoever sits here opens the page that it prints; no program of this machine is to be started.
    env: { PATH: folder, HOME: folder, MCP_REMOTE_CONFIG_DIR: folder },
    stderr: 'pipe',
  });
  let said = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    said += chunk;
    const [, page] = /authorize this client by visiting:\s+(http\S+)\s/.exec(said) ?? [];
    if (page === undefined) return;
    said = '';
    onLogin(new URL(page));
  });
  const client = new Client({ name: 'a desktop', version: '1' });
  await client.connect(transport, { timeout: 60_000 });
  return client;
}
