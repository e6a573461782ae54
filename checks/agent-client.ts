import {
  ProtocolError,
  SdkHttpError,
  Client as V2Client,
  StreamableHTTPClientTransport as V2Transport,
} from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPError, StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport as V1TransportType } from '@modelcontextprotocol/sdk/shared/transport.js';
import { McpError } from '@modelcontextprotocol/sdk/types.js';

/** The official SDK clients as fleets use them: v1, v2 as it comes (legacy era), v2 pinned to the sessionless revision. */
export type ClientKind = 'v1' | 'v2' | 'v2-modern';

export const CLIENT_KINDS: readonly ClientKind[] = ['v1', 'v2', 'v2-modern'];

export const MODERN_REVISION = '2026-07-28';
const KEY_MEMBER = 'cdk-mcp-fleet/idempotencyKey';
const STAMP_MEMBER = 'cdk-mcp-fleet/call';

/** What a caller saw of one call; no reply is an exception. */
export type Reply =
  /** `result` is the CallToolResult itself. */
  | { readonly kind: 'result'; readonly isError: boolean; readonly text: string; readonly stamp?: CallStamp; readonly result?: unknown }
  /** A JSON-RPC error. */
  | { readonly kind: 'error'; readonly code: number; readonly message: string; readonly data: ErrorData }
  /** An HTTP status that the SDK turned into an exception. */
  | { readonly kind: 'http'; readonly status: number; readonly message: string }
  | { readonly kind: 'broken'; readonly message: string };

export interface CallStamp {
  readonly callId: string;
  readonly outcome: string;
  readonly replayed: boolean;
  readonly sessionRestored: boolean;
}

export interface ErrorData {
  readonly error?: string;
  readonly outcome?: string;
  readonly retry?: string;
  readonly reason?: string;
  readonly callId?: string;
  readonly idempotencyKey?: string;
}

export interface CallOptions {
  readonly key?: string;
  /** Milliseconds until the client gives up. Default 60 000. */
  readonly timeout?: number;
}

/** A plain agent: one connection of an official client, without cookies or any knowledge of the fleet. */
export interface AgentClient {
  readonly kind: ClientKind;
  /** The `Mcp-Session-Id` that the agent holds; undefined in the modern era. */
  sessionId(): string | undefined;
  call(tool: string, args: Record<string, unknown>, options?: CallOptions): Promise<Reply>;
  tools(): Promise<readonly string[]>;
  /** The protocol's own question whether the other side is there; only in the legacy era. */
  ping(): Promise<Reply>;
  /** Ends the session as the protocol says, then the connection. */
  close(): Promise<void>;
}

interface CallResult {
  readonly isError?: boolean;
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
  readonly _meta?: Readonly<Record<string, unknown>>;
}

/**
 * Connects; rejects with the SDK's own error where the fleet refuses.
 * @param endpoint full URL of the MCP endpoint
 * @param limitMs until it gives up
 */
export async function openClient(kind: ClientKind, endpoint: string, token: string, limitMs = 60_000): Promise<AgentClient> {
  const url = new URL(endpoint);
  const options = { requestInit: { headers: { authorization: `Bearer ${token}` } } };
  const info = { name: `check-${kind}`, version: '1.0.0' };
  if (kind === 'v1') {
    const client = new V1Client(info);
    const transport = new V1Transport(url, options);
    // The class declares sessionId where its interface has it optional; the SDK's own samples cast too.
    await client.connect(transport as V1TransportType, { timeout: limitMs });
    return agentClient(kind, client, transport);
  }
  const client = new V2Client(info, kind === 'v2' ? {} : { versionNegotiation: { mode: { pin: MODERN_REVISION } } });
  const transport = new V2Transport(url, options);
  await client.connect(transport, { timeout: limitMs });
  return agentClient(kind, client, transport);
}

function agentClient(kind: ClientKind, client: V1Client | V2Client, transport: V1Transport | V2Transport): AgentClient {
  async function call(tool: string, args: Record<string, unknown>, { key, timeout = 60_000 }: CallOptions = {}): Promise<Reply> {
    const params = { name: tool, arguments: args, ...(key !== undefined && { _meta: { [KEY_MEMBER]: key } }) };
    try {
      const result =
        client instanceof V1Client ? await client.callTool(params, undefined, { timeout }) : await client.callTool(params, { timeout });
      return readResult(result as CallResult);
    } catch (error) {
      return readError(error);
    }
  }

  return {
    kind,
    sessionId: () => transport.sessionId,
    call,
    tools: async () => await allTools(client),
    ping: async () => await client.ping().then(() => readResult({}), readError),
    close: async () => {
      if (transport.sessionId !== undefined) await transport.terminateSession().catch(() => undefined);
      await client.close();
    },
  };
}

/** Of every page. */
async function allTools(client: V1Client | V2Client): Promise<readonly string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor });
    names.push(...page.tools.map(({ name }) => name));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return names;
}

function readResult(result: CallResult): Reply {
  const text = (result.content ?? []).map((part) => part.text ?? '').join('');
  const stamp = result._meta?.[STAMP_MEMBER] as CallStamp | undefined;
  return { kind: 'result', isError: result.isError === true, text, ...(stamp && { stamp }), result };
}

/** Any error of either SDK, in one shape. */
export function readError(error: unknown): Reply {
  if (error instanceof McpError || error instanceof ProtocolError) {
    return { kind: 'error', code: error.code, message: error.message, data: (error.data ?? {}) as ErrorData };
  }
  if (error instanceof StreamableHTTPError) return { kind: 'http', status: error.code ?? 0, message: error.message };
  if (error instanceof SdkHttpError) return { kind: 'http', status: error.status ?? 0, message: error.message };
  return { kind: 'broken', message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}

/** Id of the call in the ledger, as the agent was told it. */
export function callIdOf(reply: Reply): string | undefined {
  if (reply.kind === 'result') return reply.stamp?.callId;
  return reply.kind === 'error' ? reply.data.callId : undefined;
}

/** Whether the agent was told that its session does not exist. */
export function isUnknownSession(reply: Reply): boolean {
  if (reply.kind === 'http') return reply.status === 404;
  return reply.kind === 'error' && reply.code === -32001 && /session/i.test(reply.message);
}
