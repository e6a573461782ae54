import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { plainReply } from '../generator/reply';
import type { Script } from '../generator/script';
import { deliver } from './deliver';
import type { Journal } from './journal';

/** A session of the worst server. */
export interface Session {
  readonly id: string;
  /** The stream that a GET has opened. */
  listener?: ServerResponse;
  /** Told that its agent has answered a ping. */
  answered?: () => void;
  /** Id of the latest call. */
  calling?: unknown;
  /** Told that its agent has cancelled that one. */
  cancelled?: () => void;
  /** Told that its agent goes on behind the first event of a stream, on another one. */
  resumed?: (response: ServerResponse) => void;
}

export interface Around {
  readonly journal: Journal;
  readonly sessions: Map<string, Session>;
  readonly script: Script;
}

export const INFO = { capabilities: { tools: {}, logging: {} }, serverInfo: { name: 'worst', version: '1.0.0' } };

interface Said {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly method?: unknown;
  readonly params?: { readonly protocolVersion?: unknown; readonly requestId?: unknown };
}

/** What a message tells whoever waits for it. */
export function heard({ id, result, method, params }: Said, session: Session, { journal }: Around): void {
  if (id === PING_ID && result !== undefined) {
    journal.note({ what: 'answered', server: 'worst', name: session.id });
    session.answered?.();
  }
  if (method === 'tools/call') session.calling = id;
  if (method !== 'notifications/cancelled' || params?.requestId !== session.calling) return;
  journal.note({ what: 'cancelled', server: 'worst', name: session.id });
  session.cancelled?.();
}

/** Milliseconds that a call runs which is to be cancelled, and that a stream stays which is gone on with. */
const WAIT_MS = 400;

/** Runs on, where its script says so, until its call is cancelled. */
export async function untilCancelled(session: Session, { script }: Around): Promise<void> {
  if (script.cancelled !== undefined) await soon<true>(WAIT_MS, (tell) => Object.assign(session, { cancelled: () => tell(true) }));
}

/** Begins a stream, and answers on every other that goes on behind its first event. */
export function answerElsewhere(response: ServerResponse, session: Session, answer: (place: ServerResponse) => void): void {
  session.resumed = answer;
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`id: ${FIRST_EVENT}\ndata:\n\n`);
  setTimeout(() => response.end(), WAIT_MS);
}

/** What is told within a time; undefined where nothing is. */
function soon<T>(milliseconds: number, begin: (tell: (told: T) => void) => void): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), milliseconds);
    begin((told) => {
      clearTimeout(timer);
      resolve(told);
    });
  });
}

const PING_ID = 'before-the-session-stands';
const PING = `{"jsonrpc":"2.0","id":"${PING_ID}","method":"ping"}`;
const LOGGED = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"opening"}}';
/** Milliseconds that a ping is waited for. */
const PING_MS = 3_000;

/** Opens a session, and says before it stands what its script says. */
export async function open(response: ServerResponse, { id, params }: Said, { sessions, journal, script }: Around): Promise<void> {
  const session: Session = { id: sessionId(script) };
  sessions.set(session.id, session);
  journal.note({ what: 'opened', server: 'worst', name: session.id });
  const reply = plainReply('initialize', '', JSON.stringify(id ?? null), {
    protocolVersion: params?.protocolVersion ?? '2025-11-25',
    ...INFO,
  });
  reply.headers.push(['mcp-session-id', session.id]);
  const { opening = '' } = script;
  if (!opening.endsWith('-first')) return deliver(response, reply, undefined);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': session.id });
  response.write(`data: ${opening === 'ping-first' ? PING : LOGGED}\n\n`);
  if (opening === 'ping-first') await soon<true>(PING_MS, (tell) => Object.assign(session, { answered: () => tell(true) }));
  response.end(`data: ${reply.envelope.text()}\n\n`);
}

/** Takes a session's stream, or the rest of one that its agent goes on with. */
export function listen(response: ServerResponse, session: Session | undefined, lastEventId: string | string[] | undefined): void {
  const resumed = lastEventId === FIRST_EVENT ? session?.resumed : undefined;
  if (resumed !== undefined) return void resumed(response);
  if (session === undefined || lastEventId !== undefined) return void response.writeHead(405).end();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  session.listener = response;
}

const FIRST_EVENT = 'first';

function sessionId({ sessionId: kind }: Script): string {
  const id = randomUUID();
  const lengths: Record<string, number> = { '512': 512, '600': 600, '8192': 8_192 };
  return id.padEnd(lengths[kind ?? ''] ?? 0, 'x');
}
