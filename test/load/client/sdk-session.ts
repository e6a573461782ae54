import { Client as V2Client, StreamableHTTPClientTransport as V2Transport } from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport as V1TransportType } from '@modelcontextprotocol/sdk/shared/transport.js';
import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { type CallStamp, readError } from '../../../checks/agent-client';
import { type AgentSession, KEY_MEMBER, type OnAnnouncement, STAMP_MEMBER } from './agent-session';
import type { Edge } from './edge';

interface CallResult {
  readonly isError?: boolean;
  readonly content?: readonly { readonly text?: string }[];
  readonly _meta?: Readonly<Record<string, unknown>>;
}

/** A session of an official client, which opens and reopens its GET stream by itself. @throws what the client throws */
export async function openSdkSession(kind: 'v1' | 'v2', edge: Edge, name: string, onAnnouncement: OnAnnouncement): Promise<AgentSession> {
  const options = { requestInit: { headers: { authorization: `Bearer ${edge.token}` } }, fetch: edge.fetch };
  const info = { name, version: '1.0.0' };
  if (kind === 'v1') {
    const client = new V1Client(info);
    const transport = new V1Transport(new URL(edge.endpoint), options);
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => onAnnouncement(params.data));
    // The class declares sessionId where its interface has it optional; the SDK's own samples cast too.
    await client.connect(transport as V1TransportType);
    return agentSession(client, transport, (params, timeout) => client.callTool(params, undefined, { timeout }));
  }
  const client = new V2Client(info);
  const transport = new V2Transport(new URL(edge.endpoint), options);
  client.setNotificationHandler('notifications/message', ({ params }) => onAnnouncement(params.data));
  await client.connect(transport);
  return agentSession(client, transport, (params, timeout) => client.callTool(params, { timeout }));
}

type CallTool = (params: { name: string; arguments: Record<string, unknown> }, timeout: number) => Promise<unknown>;

function agentSession(client: V1Client | V2Client, transport: V1Transport | V2Transport, callTool: CallTool): AgentSession {
  return {
    async call(tool, args, { key, timeout = 60_000 } = {}) {
      try {
        const meta = key !== undefined && { _meta: { [KEY_MEMBER]: key } };
        const result = (await callTool({ name: tool, arguments: args, ...meta }, timeout)) as CallResult;
        const stamp = result._meta?.[STAMP_MEMBER] as CallStamp | undefined;
        const text = (result.content ?? []).map((part) => part.text ?? '').join('');
        return { kind: 'result', isError: result.isError === true, text, ...(stamp && { stamp }) };
      } catch (error) {
        return readError(error);
      }
    },
    async end() {
      try {
        await transport.terminateSession();
        return undefined;
      } catch (error) {
        return readError(error);
      } finally {
        await client.close();
      }
    },
  };
}
