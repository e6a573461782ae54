import { Client as V2Client, StreamableHTTPClientTransport as V2Transport } from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport as V1TransportType } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { InteropServer } from './servers';

/** Official clients, as they come; `v2 auto` asks first whether the server speaks the sessionless revision. */
export const SERVER_CLIENTS = ['v1', 'v2', 'v2 auto'] as const;

/** What one server did behind the fleet. */
export interface ServerRow {
  readonly tools: number;
  /** Per client: `works`, or what went wrong. */
  readonly clients: Readonly<Record<(typeof SERVER_CLIENTS)[number], string>>;
  /** Protocol revision that `v2 auto` and the server agreed on. */
  readonly revision: string;
  /** HTTP status of DELETE, and of a request of the same session after it. */
  readonly ended: string;
}

/** Connects with each client, lists, calls once, and ends the session. */
export async function runServer(server: InteropServer, url: string, headers: Readonly<Record<string, string>>): Promise<ServerRow> {
  const clients = {} as Record<(typeof SERVER_CLIENTS)[number], string>;
  let tools = 0;
  let revision = '-';
  for (const kind of SERVER_CLIENTS) {
    try {
      const seen = await converse(kind, server, new URL(url), headers);
      tools = seen.tools;
      revision = seen.revision ?? revision;
      clients[kind] = 'works';
    } catch (error) {
      clients[kind] = (error as Error).message.replaceAll(/\s+/g, ' ').slice(0, 120);
    }
  }
  return { tools, clients, revision, ended: await endSession(url, headers).catch((error: Error) => error.message) };
}

async function converse(kind: (typeof SERVER_CLIENTS)[number], { call }: InteropServer, url: URL, headers: Record<string, string>) {
  const info = { name: 'interop', version: '1.0.0' };
  const options = { requestInit: { headers } };
  const v1 = kind === 'v1' ? new V1Client(info) : undefined;
  const client = v1 ?? new V2Client(info, kind === 'v2 auto' ? { versionNegotiation: { mode: 'auto' } } : {});
  const transport = v1 ? new V1Transport(url, options) : new V2Transport(url, options);
  // The class declares sessionId where its interface has it optional; the SDK's own samples cast too.
  await (client as V1Client).connect(transport as V1TransportType);
  try {
    const { tools } = await client.listTools();
    if (call !== undefined) {
      const result = await client.callTool({ name: call.tool, arguments: call.arguments });
      if (!JSON.stringify(result).includes(call.says)) throw new Error(`${call.tool} gave ${JSON.stringify(result)}`);
    }
    if (transport.sessionId !== undefined) await transport.terminateSession();
    const { protocolVersion } = transport;
    return { tools: tools.length, ...(kind === 'v2 auto' && protocolVersion !== undefined && { revision: protocolVersion }) };
  } finally {
    await client.close();
  }
}

/** How a session ends, seen without a client in between. */
async function endSession(url: string, credentials: Readonly<Record<string, string>>): Promise<string> {
  const headers = { ...credentials, accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
  const say = (message: object, session: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', headers: { ...headers, ...session }, body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'interop', version: '1.0.0' } };
  const opened = await say({ id: 1, method: 'initialize', params });
  await opened.text();
  const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '', 'mcp-protocol-version': '2025-11-25' };
  await say({ method: 'notifications/initialized' }, session);
  const deleted = await fetch(url, { method: 'DELETE', headers: { ...headers, ...session } });
  const after = await say({ id: 2, method: 'tools/list' }, session);
  return `${deleted.status} / ${after.status}`;
}
