import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const BRIDGE = join(dirname(fileURLToPath(import.meta.url)), '../node_modules/mcp-remote/dist/proxy.js');

/** A client on stdio, and the bridge that carries it to HTTP. */
export async function connect(url, headers, timeout) {
  const flags = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [BRIDGE, url, '--transport', 'http-only', '--silent', ...flags],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, MCP_REMOTE_CONFIG_DIR: process.env.SCRATCH },
    stderr: 'ignore',
  });
  const client = new Client({ name: 'interop', version: '1.0.0' });
  await client.connect(transport);
  return {
    call: (name, args) => client.callTool({ name, arguments: args }, undefined, { timeout }),
    close: () => client.close(),
  };
}
