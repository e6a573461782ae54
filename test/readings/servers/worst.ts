import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, inflateSync } from 'node:zlib';
import iconv from 'iconv-lite';
import { applyScript } from '../generator/answers';
import { type Leniency, parseLeniently } from '../generator/lenient-json';
import { asStream, plainReply, type Reply } from '../generator/reply';
import type { Script } from '../generator/script';
import { deliver } from './deliver';
import type { Journal } from './journal';
import { markOf, sayNotFound } from './sdk-v1';
import { MODERN_RESULT, resultOf, TOOL_LIST } from './tools';
import { type Around, answerElsewhere, heard, INFO, listen, open, type Session, untilCancelled } from './worst-session';

/** A message as the worst server reads it. */
interface Message {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly method?: unknown;
  readonly params?: {
    readonly name?: unknown;
    readonly arguments?: unknown;
    readonly protocolVersion?: unknown;
    readonly _meta?: Readonly<Record<string, unknown>>;
  };
}

/** Where it says that it is, when it is told to redirect. */
const MOVED = '/mcp/moved';

/** The server that nobody should have: it obeys charsets, folds names, takes what comes twice, and answers as its script says. */
export function worstServer(journal: Journal, scripts: ReadonlyMap<string, Script>): Server {
  const sessions = new Map<string, Session>();
  return createServer((request, response) => {
    const mark = markOf(request);
    const { status, ...told } = (mark === undefined ? undefined : scripts.get(mark)) ?? {};
    const arrived = status === '307-within' && request.url === MOVED;
    const script = { ...told, ...(status !== undefined && !arrived && { status }) };
    journal.under(mark, () => serve(request, response, { journal, sessions, script }).catch(() => response.destroy()));
  });
}

async function serve(request: IncomingMessage, response: ServerResponse, around: Around): Promise<void> {
  const { journal, sessions, script } = around;
  const session = sessions.get(String(request.headers['mcp-session-id']));
  if (request.method === 'GET') return listen(response, session, request.headers['last-event-id']);
  if (request.method === 'DELETE') return remove(response, session, around);
  const text = textOf(request, await buffer(request));
  let parsed: unknown;
  try {
    parsed = parseLeniently(text, leniencyOf(script));
  } catch {
    return void response.writeHead(400, { 'content-type': 'text/plain' }).end('no JSON');
  }
  for (const message of [parsed].flat() as (Message | null)[]) {
    if (message !== null && session !== undefined) heard(message, session, around);
    if (typeof message?.method !== 'string') continue;
    if (message.method === 'initialize') return open(response, message, around);
    if (message.method === 'tools/call') {
      const reply = asksFirst(message, script) ? asking(message) : replyTo(message, script);
      if (reply.runs)
        journal.note({ what: 'executed', server: 'worst', name: String(message.params?.name), args: message.params?.arguments });
      if (message.id !== undefined) return answer(response, reply, session, around);
    } else if (message.id !== undefined) {
      return answer(response, replyTo(message, script), session, around);
    }
  }
  response.writeHead(202).end();
}

async function answer(response: ServerResponse, reply: Reply, session: Session | undefined, around: Around): Promise<void> {
  if (session !== undefined) await untilCancelled(session, around);
  const place = (to: ServerResponse): Promise<void> => deliver(to, reply, session?.listener);
  if (around.script.resumed === undefined || session === undefined) return place(response);
  asStream(reply);
  answerElsewhere(response, session, (other) => void place(other).catch(() => other.destroy()));
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

/** Whether it asks for input before it does anything (MCP 2026-07-28, multi-round-trip requests). */
function asksFirst({ params }: Message, { key = '' }: Script): boolean {
  return key.startsWith('rounds') && (params as { readonly requestState?: unknown } | undefined)?.requestState === undefined;
}

function asking({ id, params }: Message): Reply {
  const reply = plainReply('tools/call', String(params?.name), JSON.stringify(id ?? null), ASKED);
  reply.runs = false;
  return reply;
}

const ASKED = {
  ...MODERN_RESULT,
  resultType: 'input_required',
  inputRequests: {
    sure: { method: 'elicitation/create', params: { message: 'Sure?', requestedSchema: { type: 'object', properties: {} } } },
  },
  requestState: 'asked',
};

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
