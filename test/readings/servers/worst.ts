import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, inflateSync } from 'node:zlib';
import iconv from 'iconv-lite';
import { applyScript } from '../generator/answers';
import { type Leniency, parseLeniently } from '../generator/lenient-json';
import { plainReply, type Reply } from '../generator/reply';
import type { Script } from '../generator/script';
import { deliver } from './deliver';
import type { Journal } from './journal';
import { markOf, sayNotFound } from './sdk-v1';
import { MODERN_RESULT, resultOf, TOOL_LIST } from './tools';

/** A message as the worst server reads it. */
interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: {
    readonly name?: unknown;
    readonly arguments?: unknown;
    readonly protocolVersion?: unknown;
    readonly _meta?: Readonly<Record<string, unknown>>;
  };
}

interface Session {
  readonly id: string;
  /** The stream that a GET has opened. */
  listener?: ServerResponse;
}

const INFO = { capabilities: { tools: {}, logging: {} }, serverInfo: { name: 'worst', version: '1.0.0' } };

/** The server that nobody should have: it obeys charsets, folds names, takes what comes twice, and answers as its script says. */
export function worstServer(journal: Journal, scripts: ReadonlyMap<string, Script>): Server {
  const sessions = new Map<string, Session>();
  return createServer((request, response) => {
    const mark = markOf(request);
    const script = (mark === undefined ? undefined : scripts.get(mark)) ?? {};
    journal.under(mark, () => serve(request, response, { journal, sessions, script }).catch(() => response.destroy()));
  });
}

interface Around {
  readonly journal: Journal;
  readonly sessions: Map<string, Session>;
  readonly script: Script;
}

async function serve(request: IncomingMessage, response: ServerResponse, around: Around): Promise<void> {
  const { journal, sessions, script } = around;
  const session = sessions.get(String(request.headers['mcp-session-id']));
  if (request.method === 'GET') return listen(response, session);
  if (request.method === 'DELETE') return remove(response, session, around);
  const text = textOf(request, await buffer(request));
  let parsed: unknown;
  try {
    parsed = parseLeniently(text, leniencyOf(script));
  } catch {
    return void response.writeHead(400, { 'content-type': 'text/plain' }).end('no JSON');
  }
  for (const message of [parsed].flat() as (Message | null)[]) {
    if (typeof message?.method !== 'string') continue;
    if (message.method === 'initialize') return open(response, message, around);
    if (message.method === 'tools/call') {
      const reply = replyTo(message, script);
      if (reply.runs)
        journal.note({ what: 'executed', server: 'worst', name: String(message.params?.name), args: message.params?.arguments });
      if (message.id !== undefined) return void (await deliver(response, reply, session?.listener));
    } else if (message.id !== undefined) {
      return void (await deliver(response, replyTo(message, script), session?.listener));
    }
  }
  response.writeHead(202).end();
}

function leniencyOf({ reading = 'last' }: Script): Leniency {
  return { duplicates: reading.endsWith('first') ? 'first' : 'last', folds: reading.startsWith('folds') };
}

/** Obeys the charset and the content coding that the request names. */
function textOf({ headers }: IncomingMessage, body: Buffer): string {
  const charset = /charset="?([^;"]+)/i.exec(headers['content-type'] ?? '')?.[1]?.trim() ?? 'utf-8';
  const coding = headers['content-encoding'];
  let plain = body;
  try {
    plain = coding === 'gzip' ? gunzipSync(body) : coding === 'deflate' ? inflateSync(body) : body;
  } catch {
    // It is taken for what it is.
  }
  return iconv.decode(plain, iconv.encodingExists(charset) ? charset : 'utf-8');
}

function replyTo({ id, method, params }: Message, script: Script): Reply {
  const tool = String(params?.name);
  const written = id === undefined ? 'null' : JSON.stringify(id);
  const results: Record<string, object> = {
    'tools/call': resultOf(tool, params?.arguments),
    'tools/list': { tools: TOOL_LIST },
    'server/discover': { supportedVersions: ['2026-07-28', '2025-11-25'], ...INFO },
  };
  const modern = params?._meta?.['io.modelcontextprotocol/protocolVersion'] === undefined ? {} : MODERN_RESULT;
  const reply = plainReply(String(method), tool, written, { ...results[String(method)], ...modern });
  if (method === 'tools/call' || method === 'tools/list') applyScript(script, reply);
  return reply;
}

async function open(response: ServerResponse, { id, params }: Message, { sessions, journal, script }: Around): Promise<void> {
  const session: Session = { id: sessionId(script) };
  sessions.set(session.id, session);
  journal.note({ what: 'opened', server: 'worst', name: session.id });
  const reply = plainReply('initialize', '', JSON.stringify(id ?? null), {
    protocolVersion: params?.protocolVersion ?? '2025-11-25',
    ...INFO,
  });
  reply.headers.push(['mcp-session-id', session.id]);
  await deliver(response, reply, undefined);
}

function sessionId({ sessionId: kind }: Script): string {
  const id = randomUUID();
  const lengths: Record<string, number> = { '512': 512, '600': 600, '8192': 8_192 };
  return id.padEnd(lengths[kind ?? ''] ?? 0, 'x');
}

function listen(response: ServerResponse, session: Session | undefined): void {
  if (session === undefined) return void response.writeHead(405).end();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  session.listener = response;
}

function remove(response: ServerResponse, session: Session | undefined, { sessions, journal, script }: Around): void {
  if (session === undefined) {
    sayNotFound(response);
    return;
  }
  const status = Number(script.removal ?? 200);
  journal.note({ what: 'ended', server: 'worst', name: session.id });
  session.listener?.end();
  if (status < 300) sessions.delete(session.id);
  response.writeHead(status).end();
}
