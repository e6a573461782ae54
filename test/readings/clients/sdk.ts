import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Case } from '../generator/case';
import { toolOf } from '../generator/request';
import { MARK_HEADER } from '../servers/journal';
import { FORBIDDEN } from '../servers/tools';
import { NO_ANSWER } from './connection';
import { type Leg, PATIENCE_MS, type Stage } from './leg';
import type { Heard } from './messages';

/** What a case asks of an official client. */
interface Client {
  callTool(call: { name: string; arguments: Record<string, unknown> }, schema: undefined, options: { timeout: number }): Promise<unknown>;
  listTools(params: undefined, options: { timeout: number }): Promise<unknown>;
  ping(options: { timeout: number }): Promise<unknown>;
  close(): Promise<void>;
}

interface Connected {
  readonly client: Client;
  end(): Promise<void>;
}

/** Id under which a message of an official client is told: the client keeps the true one to itself. */
export const SDK_ID = 'sdk';

/** Plays a case through an official client, which opens and ends the session by itself. */
export async function playSdk(subject: Case, stage: Stage): Promise<Leg> {
  const troubles: string[] = [];
  const connected = await (subject.values.client === 'sdk-v1' ? connectV1(stage) : connectV2(stage, subject.values.era === 'modern')).catch(
    (error: Error) => {
      troubles.push(`it could not connect: ${error.message}`);
      return undefined;
    },
  );
  if (connected === undefined) return { sent: [], heard: [], session: false, troubles };
  const message = await ask(subject, stage, connected.client);
  if (isTimeout(message.error)) troubles.push('nothing was answered');
  await connected.end().catch((error: Error) => troubles.push(`it could not end its session: ${error.message}`));
  const text = JSON.stringify({ id: SDK_ID, method: subject.values.message === 'list' ? 'tools/list' : 'tools/call' });
  // What came is known only as the client tells it.
  return {
    sent: [{ text, answer: { ...NO_ANSWER, status: 200, end: 'whole' }, messages: [message] }],
    heard: [],
    session: true,
    troubles,
  };
}

async function ask(subject: Case, { mark }: Stage, client: Client): Promise<Heard> {
  const { message } = subject.values;
  const tool = message === 'call-forbidden' ? FORBIDDEN : toolOf(subject);
  const args = { mark, amount: 1, ...(tool === 'transfer' && { reference: `ref-${mark}` }) };
  const options = { timeout: PATIENCE_MS };
  try {
    const result = await (message === 'list'
      ? client.listTools(undefined, options)
      : message === 'ping'
        ? client.ping(options)
        : client.callTool({ name: tool, arguments: args }, undefined, options));
    return { id: SDK_ID, result };
  } catch (error) {
    const { code, message: words, data } = error as Error & { code?: number; data?: unknown };
    return { id: SDK_ID, error: { code, message: words, data } };
  }
}

/** How the official clients say that they have waited in vain. */
function isTimeout(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return code === 'REQUEST_TIMEOUT' || (code === -32001 && /timed out/i.test((error as Error).message));
}

async function connectV1(stage: Stage): Promise<Connected> {
  const transport = new TransportV1(urlOf(stage), { requestInit: { headers: headersOf(stage) } });
  const client = new ClientV1({ name: stage.mark, version: '1' });
  await client.connect(transport, { timeout: PATIENCE_MS });
  return {
    client: client as unknown as Client,
    end: async () => {
      await transport.terminateSession();
      await client.close();
    },
  };
}

async function connectV2(stage: Stage, modern: boolean): Promise<Connected> {
  const transport = new TransportV2(urlOf(stage), { requestInit: { headers: headersOf(stage) } });
  const client = new ClientV2({ name: stage.mark, version: '1' }, modern ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {});
  await client.connect(transport, { timeout: PATIENCE_MS });
  const v2: Client = {
    callTool: (call, _schema, options) => client.callTool(call, options),
    listTools: (_params, options) => client.listTools(undefined, options),
    ping: (options) => client.ping(options),
    close: () => client.close(),
  };
  return {
    client: v2,
    end: async () => {
      if (!modern) await transport.terminateSession();
      await client.close();
    },
  };
}

function urlOf({ origin, path }: Stage): URL {
  return new URL(path, origin);
}

function headersOf({ token, mark }: Stage): Record<string, string> {
  return { [MARK_HEADER]: mark, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
}
