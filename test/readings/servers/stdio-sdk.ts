// A stdio server on the official SDK v2 that speaks both eras.
import { Server } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { tell } from './control';
import { resultOf, TOOL_LIST } from './tools';

const NAME = 'stdio-sdk';

serveStdio(() => {
  const server = new Server({ name: NAME, version: '1.0.0' }, { capabilities: { tools: {}, logging: {} } });
  // The mark of a session is the name of its client, of a sessionless call an argument: there are no headers here.
  server.oninitialized = () => void note('started', String(process.pid));
  const note = (what: 'executed' | 'started', name: string, args?: Record<string, unknown>) =>
    tell({ what, server: NAME, name, args }, String(server.getClientVersion()?.name ?? args?.mark ?? ''));
  server.setRequestHandler('tools/list', () => ({ tools: TOOL_LIST }));
  server.setRequestHandler('tools/call', async ({ params }) => {
    await note('executed', params.name, params.arguments);
    return resultOf(params.name, params.arguments);
  });
  return server;
});
