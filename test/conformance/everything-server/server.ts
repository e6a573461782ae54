import { McpServer, type RequestStateCodec } from '@modelcontextprotocol/server';
import { addAskingTools } from './asking-tools';
import type { Changes } from './changes';
import { addContentTools } from './content-tools';
import type { Era } from './endpoint';
import { addInputRequiredTools } from './input-required-tools';
import { addPrompts } from './prompts';
import { addReportingTools } from './reporting-tools';
import { addResources } from './resources';
import { addSchemaTools } from './schema-tools';
import type { RoundState } from './state';
import { addStatelessTools } from './stateless-tools';

/** A list may be kept this long by anybody: it depends on nothing but the era. */
const PUBLIC_LIST = { ttlMs: 60_000, cacheScope: 'public' } as const;

/** One MCP server with everything in it; one is made for each session, or for each request in the sessionless era. */
export function everythingServer(era: Era, state: RequestStateCodec<RoundState>, bus: Changes): McpServer {
  const server = new McpServer(
    { name: 'conformance-everything', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        logging: {},
        completions: {},
      },
      cacheHints: {
        'tools/list': PUBLIC_LIST,
        'prompts/list': PUBLIC_LIST,
        'resources/list': PUBLIC_LIST,
        'resources/templates/list': PUBLIC_LIST,
      },
      requestState: { verify: state.verify },
    },
  );
  addContentTools(server); // first: the suite calls the first tool of the list without arguments
  addReportingTools(server);
  addSchemaTools(server);
  addPrompts(server, era);
  addResources(server, era);
  if (era === 'legacy') {
    addAskingTools(server);
  } else {
    addStatelessTools(server, bus);
    addInputRequiredTools(server, state);
  }
  return server;
}
