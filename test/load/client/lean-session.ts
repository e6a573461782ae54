import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { Dispatcher } from 'undici';
import { type CallStamp, type ErrorData, readError } from '../../../checks/agent-client';
import type { Tool } from '../counter';
import {
  type AgentSession,
  type CallOptions,
  KEY_MEMBER,
  type OnAnnouncement,
  type OpenStream,
  type Pulse,
  type SessionReply,
  STAMP_MEMBER,
} from './agent-session';
import type { Edge } from './edge';

interface RpcMessage {
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: { readonly data?: unknown };
  readonly result?: {
    readonly isError?: boolean;
    readonly content?: readonly { readonly text?: string }[];
    readonly _meta?: Readonly<Record<string, unknown>>;
  };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: ErrorData };
}

/** How often a call's stream that was cut is resumed, and the wait before, in milliseconds (the official clients' limits). */
const RESUMPTIONS = 2;
const RESUME_AFTER_MS = 500;

/**
 * A client with no more in it than the protocol needs (MCP 2025-11-25, Streamable HTTP), so that it costs less than what it
 * measures. It holds every answer against what it asked.
 */
export class LeanSession implements AgentSession {
  private lastId = 0;
  private id = '';
  private resumed = 0;
  /** Of the stream of the last call. */
  lastPulse: Pulse = { heartbeats: 0, longestGapMs: 0 };

  private constructor(
    private readonly edge: Edge,
    private readonly onAnnouncement: OnAnnouncement,
  ) {}

  /** @throws Refused, or the error of a connection */
  static async open(edge: Edge, name: string, onAnnouncement: OnAnnouncement): Promise<LeanSession> {
    const session = new LeanSession(edge, onAnnouncement);
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name, version: '1.0.0' } };
    const { headers, reply } = await session.ask({ method: 'initialize', params });
    if (reply.kind !== 'result') throw new Refused(reply);
    session.id = String(headers['mcp-session-id']);
    const ready = await edge.send({
      method: 'POST',
      session: session.id,
      message: { jsonrpc: '2.0', method: 'notifications/initialized' },
    });
    const text = await ready.body.text();
    if (ready.statusCode !== 202) throw new Refused({ kind: 'http', status: ready.statusCode, message: text });
    return session;
  }

  async call(tool: Tool, args: Record<string, unknown>, { key, timeout }: CallOptions = {}): Promise<SessionReply> {
    const params = { name: tool, arguments: args, ...(key !== undefined && { _meta: { [KEY_MEMBER]: key } }) };
    try {
      return (await this.ask({ method: 'tools/call', params }, timeout)).reply;
    } catch (error) {
      return broken(error);
    }
  }

  async listen(onEnd: () => void): Promise<OpenStream | SessionReply> {
    const leaving = new AbortController();
    const stream = { kind: 'stream' as const, heartbeats: 0, longestGapMs: 0, close: () => leaving.abort() };
    try {
      const response = await this.edge.send({ method: 'GET', session: this.id, signal: leaving.signal });
      if (response.statusCode !== 200) return { kind: 'http', status: response.statusCode, message: await response.body.text() };
      const follow = this.events(response, stream);
      const end = (): void => (leaving.signal.aborted ? undefined : onEnd());
      void (async () => {
        for await (const event of follow) if (event.data !== '') this.take(JSON.parse(event.data) as RpcMessage);
      })().then(end, end);
      return stream;
    } catch (error) {
      return broken(error);
    }
  }

  async end(): Promise<SessionReply | undefined> {
    try {
      const { statusCode: status, body } = await this.edge.send({ method: 'DELETE', session: this.id });
      const text = await body.text();
      return status < 300 ? undefined : { kind: 'http', status, message: text };
    } catch (error) {
      return broken(error);
    }
  }

  /** How often a call's stream was cut and resumed since the last time. */
  takeResumed(): number {
    const { resumed } = this;
    this.resumed = 0;
    return resumed;
  }

  private async ask(request: object, timeout?: number): Promise<{ headers: Dispatcher.ResponseData['headers']; reply: SessionReply }> {
    const id = ++this.lastId;
    const response = await this.edge.send({
      method: 'POST',
      ...(this.id !== '' && { session: this.id }),
      message: { jsonrpc: '2.0', id, ...request },
      ...(timeout !== undefined && { timeout }),
    });
    return { headers: response.headers, reply: await this.replyOf(response, id) };
  }

  private async replyOf(response: Dispatcher.ResponseData, id: number): Promise<SessionReply> {
    if (response.statusCode !== 200) return { kind: 'http', status: response.statusCode, message: await response.body.text() };
    if (String(response.headers['content-type']).startsWith('application/json'))
      return readMessage((await response.body.json()) as RpcMessage, id);
    let stream = response;
    let lastEventId: string | undefined;
    this.lastPulse = { heartbeats: 0, longestGapMs: 0 };
    for (let attempt = 0; ; attempt++) {
      try {
        for await (const event of this.events(stream, this.lastPulse)) {
          lastEventId = event.id ?? lastEventId;
          if (event.data === '') continue; // a priming event
          const message = JSON.parse(event.data) as RpcMessage;
          if (message.method === undefined) return readMessage(message, id);
          this.take(message);
        }
      } catch {
        // It was cut: where it named an event, it can be resumed as one that ended early.
      }
      if (lastEventId === undefined || attempt === RESUMPTIONS) return { kind: 'broken', message: 'the stream ended before the answer' };
      await new Promise((next) => setTimeout(next, RESUME_AFTER_MS));
      this.resumed++;
      stream = await this.edge.send({ method: 'GET', session: this.id, lastEventId });
      if (stream.statusCode !== 200) return { kind: 'http', status: stream.statusCode, message: await stream.body.text() };
    }
  }

  /** Leaves the rest of the body to be read when the caller stops early, so that the connection can serve again. */
  private async *events({ body }: Dispatcher.ResponseData, pulse: Pulse): AsyncGenerator<EventSourceMessage> {
    const events: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: (event) => events.push(event), onComment: () => pulse.heartbeats++ });
    const decoder = new TextDecoder();
    let last = performance.now();
    try {
      for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        const now = performance.now();
        pulse.longestGapMs = Math.max(pulse.longestGapMs, now - last);
        last = now;
        parser.feed(decoder.decode(chunk, { stream: true }));
        for (let event = events.shift(); event !== undefined; event = events.shift()) yield event;
      }
    } finally {
      body.on('error', () => undefined).resume();
    }
  }

  private take({ method, params }: RpcMessage): void {
    if (method === 'notifications/message') this.onAnnouncement(params?.data);
  }
}

function readMessage({ id, result, error }: RpcMessage, expected: number): SessionReply {
  if (id !== expected && !(error !== undefined && id === null))
    return { kind: 'foreign', message: `an answer to request ${id} came for ${expected}` };
  if (error !== undefined) return { kind: 'error', code: error.code, message: error.message, data: error.data ?? {} };
  const stamp = result?._meta?.[STAMP_MEMBER] as CallStamp | undefined;
  const text = (result?.content ?? []).map((part) => part.text ?? '').join('');
  return { kind: 'result', isError: result?.isError === true, text, ...(stamp && { stamp }) };
}

/** The fleet did not open a session. */
class Refused extends Error {
  constructor(readonly reply: SessionReply) {
    super(JSON.stringify(reply));
  }
}

/** What any client says of a session that was not opened, in one shape. */
export function refusalOf(error: unknown): SessionReply {
  return error instanceof Refused ? error.reply : readError(error);
}

function broken(error: unknown): SessionReply {
  const { name, message, code } = error as NodeJS.ErrnoException;
  return { kind: 'broken', message: `${code ?? name}: ${message}` };
}
