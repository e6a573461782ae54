// A stdio server on the official SDK v2 that speaks both eras.
import { Server } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { markOfCall, tell } from './control';
import { resultOf, TOOL_LIST } from './tools';

const NAME = 'stdio-sdk';

serveStdio(() => {
  const server = new Server({ name: NAME, version: '1.0.0' }, { capabilities: { tools: {}, logging: {} } });
  server.oninitialized = () =>
    void tell({ what: 'started', server: NAME, name: String(process.pid) }, String(server.getClientVersion()?.name));
  server.setRequestHandler('tools/list', () => ({ tools: TOOL_LIST }));
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
    const deed = { what: 'executed', server: NAME, name: params.name, args: params.arguments } as const;
    // In the modern era the SDK takes the client's name out of `_meta` before a handler sees it.
    await tell(deed, markOfCall({ ...params, _meta: { ...params._meta, ...mcpReq.envelope } }, server.getClientVersion()?.name));
    return resultOf(params.name, params.arguments);
  });
  return server;
});
