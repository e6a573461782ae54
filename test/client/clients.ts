import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { RecoveringFetch } from '../../client';

/** What the tests ask of a client. */
export interface TestClient {
  callTool(
    call: { name: string; arguments?: Record<string, unknown>; _meta?: Record<string, unknown> },
    schema?: undefined,
    options?: { timeout: number },
  ): Promise<unknown>;
  listTools(): Promise<unknown>;
  setLoggingLevel(level: 'debug'): Promise<unknown>;
  close(): Promise<void>;
}

export type ClientKind = 'SDK v1' | 'SDK v2' | 'raw fetch';

/** Connects a client as an agent's author would: the recovering fetch is one line. */
export async function connectClient(kind: ClientKind, url: string, token: string, fetch: RecoveringFetch): Promise<TestClient> {
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  if (kind === 'SDK v1') {
    const client = new ClientV1({ name: 'agent', version: '1' });
    await client.connect(new TransportV1(new URL(url), { requestInit, fetch }));
    return client as TestClient;
  }
  if (kind === 'SDK v2') {
    const client = new ClientV2({ name: 'agent', version: '1' });
    await client.connect(new TransportV2(new URL(url), { requestInit, fetch }));
    return client as TestClient;
  }
  return connectRaw(url, requestInit.headers, fetch);
}

/** The least that a client can be: posts, and reads one response from a body or from the end of a stream. */
async function connectRaw(url: string, headers: Record<string, string>, fetch: RecoveringFetch): Promise<TestClient> {
  let session: Record<string, string> = {};
  let ids = 0;
  const send = async (message: object): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { ...headers, ...session, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    });
  const ask = async (method: string, params: object): Promise<unknown> => {
    const response = await send({ id: ++ids, method, params });
    session = session['mcp-session-id'] ? session : { 'mcp-session-id': response.headers.get('mcp-session-id') ?? '' };
    const text = await response.text();
    const { result, error } = JSON.parse(text.startsWith('{') ? text : (text.trim().split('\ndata: ').at(-1) ?? ''));
    if (error !== undefined) throw Object.assign(new Error(error.message), error);
    return result;
  };
  const clientInfo = { name: 'agent', version: '1' };
  await ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
  await send({ method: 'notifications/initialized' });
  return {
    callTool: (call) => ask('tools/call', call),
    listTools: () => ask('tools/list', {}),
    setLoggingLevel: (level) => ask('logging/setLevel', { level }),
    close: async () => undefined,
  };
}
