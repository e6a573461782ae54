import { McpServer, ResourceTemplate, type ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { VAULT_TOOLS } from '../town/tools';
import { tell } from './tell';

const ANYTHING = z.looseObject({});
const SERVER = process.env.SERVER as string;

/** The server of one session, or of one sessionless request. */
export function vaultServer(): McpServer {
  const server = new McpServer({ name: SERVER, version: '1.0.0' }, { capabilities: { logging: {} } });
  for (const name of VAULT_TOOLS) {
    server.registerTool(name, { description: `Does ${name}`, inputSchema: ANYTHING }, async (given, { http }: ServerContext) => {
      await tell({ server: SERVER, what: name, given, headers: headersOf(http?.req) });
      return { content: [{ type: 'text', text: `did ${name}` }] };
    });
  }
  const template = new ResourceTemplate('vault://{room}/{page}', { list: undefined });
  server.registerResource('page', template, { description: 'A page' }, async (uri) => {
    await tell({ server: SERVER, what: 'resources/read', given: { uri: uri.href }, headers: {} });
    return { contents: [{ uri: uri.href, text: 'a page' }] };
  });
  for (const name of ['greeting', 'secret-greeting']) {
    server.registerPrompt(name, { description: name }, async () => {
      await tell({ server: SERVER, what: 'prompts/get', given: { name }, headers: {} });
      return { messages: [{ role: 'user', content: { type: 'text', text: name } }] };
    });
  }
  return server;
}

function headersOf(request: Request | undefined): Record<string, string> {
  return Object.fromEntries(request?.headers ?? []);
}
