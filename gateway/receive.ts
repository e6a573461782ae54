import type { Logger } from 'pino';
import { endedBy } from '../core/endings';
import { FleetError } from '../core/errors';
import { SESSION_HEADER } from '../core/headers';
import { readMembers } from '../core/json-members';
import type { Response } from '../core/response';
import type { AwaitedRequest } from '../core/sealed-event';
import { judge } from '../ledger/verdict';
import type { Forwarded } from './call';
import { type EventIdParts, sealServerEvent } from './http/event-ids';
import type { StreamOpening } from './http/stream-opening';
import type { OpenTasks } from './ledger/open-tasks';
import type { Metrics } from './metrics';
import type { OpenRequest } from './open-requests';
import { endUntold } from './opening';
import { atAge, endStream, LISTEN_AGAIN_MS, subscribes } from './stream-end';
import { type Answer, type OpenedSession, readAnswer, readRefusal } from './upstream/answer';
import { passStream } from './upstream/answer-stream';
import { CallDeadline, longestCallMs } from './upstream/call-deadline';
import type { Catalogue } from './upstream/catalogue';
import { isStream } from './upstream/media-type';
import { lostLate, type Placeable, type PlacementParts, place, resumption } from './upstream/placement';
import type { PassedEvent, Reading } from './upstream/reading';
import { rateLimit, wordInStream } from './upstream/status';
import type { UpstreamResponse } from './upstream/upstreams';

/** Age at which GET streams of remote servers end, in seconds, as those of a sidecar do: no replica is kept by who only listens. */
const STREAM_AGE_SECONDS = 300;

/**
 * Headers of an answer that reach the agent, and what they may say: what the guard of secrets does not read must not be able to tell one. A session
 * id is never among them: the agent holds ours, not the server's.
 */
const PASSED_HEADERS: Readonly<Record<string, RegExp>> = {
  'mcp-protocol-version': /^\d{4}-\d\d-\d\d$/,
  // RFC 9110 § 10.2.3.
  'retry-after': /^(?:\d{1,9}|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT)$/,
  allow: /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)(?:, ?(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS))*$/,
};

/** Longest session id of a server outside the fleet: it has to fit into a sealed one. A sidecar gives longer ones a name of its own. */
const REMOTE_SESSION_ID = /^[\x21-\x7e]{1,512}$/;

export interface ReceiveParts extends PlacementParts, EventIdParts {
  readonly catalogue: Catalogue;
  readonly openTasks: OpenTasks;
  readonly metrics: Metrics;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

export type Sending = Placeable & { readonly opening: StreamOpening; readonly open?: OpenRequest };

export type Received = Pick<Forwarded, 'answer' | 'verdict' | 'session'>;

/** Sends a request and reads what comes back, each as what it is to this request. */
export async function receive(call: Sending, parts: ReceiveParts): Promise<Received> {
  try {
    return await exchange(call, parts).catch((error) => {
      if (!lostLate(error, call)) throw error;
      return exchange(call, parts, true);
    });
  } catch (error) {
    if (call.open?.cancelled.over !== true || !FleetError.is(error) || error.kind !== 'OUTCOME_UNKNOWN') throw error;
    throw endedBy('cancelled', 'its caller cancelled it');
  }
}

async function exchange(call: Sending, parts: ReceiveParts, isKnownLost = false): Promise<Received> {
  const since = parts.now();
  const { response, session } = await place(call, parts, isKnownLost);
  const placed = session === undefined || session === call.session ? call : { ...call, session };
  const awaited = awaitedOf(call);
  const received =
    awaited === undefined ? await passOn(placed, response, parts) : await holdInTime(placed, response, awaited, since, parts);
  return session === undefined ? received : { ...received, session };
}

/** The request whose response may come: this one, or the one whose stream goes on. */
function awaitedOf({ open, resumes }: Sending): AwaitedRequest | undefined {
  return open?.awaited ?? (resumes?.kind === 'server' ? resumes.request : undefined);
}

/** Holds the response to a request for as long as its server may take for one. Who only listens ends at an age, where there is one. */
async function holdInTime(
  call: Sending,
  response: UpstreamResponse,
  awaited: AwaitedRequest,
  since: number,
  parts: ReceiveParts,
): Promise<Received> {
  const { serverConfig, claim } = call;
  const read = call.lane === 'open' ? holdOpening : readHeld;
  if (subscribes(call)) {
    const { listenSeconds } = serverConfig;
    const stop = listenSeconds === undefined ? undefined : atAge(listenSeconds, () => endStream(call));
    return await read(call, response, awaited, parts).finally(stop);
  }
  const longest = longestCallMs(serverConfig);
  const deadline = new CallDeadline((claim?.sentAt ?? since) + longest - parts.now(), longest);
  try {
    deadline.watch(response.body);
    return await read(call, response, awaited, parts, deadline);
  } catch (error) {
    deadline.assure();
    throw error;
  } finally {
    deadline.end();
  }
}

/** A session that was opened and is not told of is ended again. */
async function holdOpening(
  call: Sending,
  response: UpstreamResponse,
  awaited: AwaitedRequest,
  parts: ReceiveParts,
  deadline?: CallDeadline,
): Promise<Received> {
  let received: Received | undefined;
  try {
    received = await readHeld(call, response, awaited, parts, deadline);
    return received;
  } finally {
    const upstream = response.headers[SESSION_HEADER];
    if (received?.answer?.opened === undefined && typeof upstream === 'string') {
      const { cookie } = response;
      await endUntold(call, { upstream, ...(cookie !== undefined && { cookie }) }, parts);
    }
  }
}

async function readHeld(
  call: Sending,
  response: UpstreamResponse,
  awaited: AwaitedRequest,
  parts: ReceiveParts,
  deadline?: CallDeadline,
): Promise<Received> {
  const behind: string[] = [];
  const found = await readAnswer(response, {
    ...readingOf(call, parts),
    awaited,
    pass: (event) => (call.lane === 'open' ? keepBehind(event, behind, call, response, parts) : passEvent(call, event, awaited, parts)),
    ...(call.message?.era !== 'modern' && { reopen: (lastEventId: string) => reopen(call, lastEventId, deadline, parts) }),
  }).catch((error) => {
    throw rateLimit(response, call.serverConfig) ?? error;
  });
  const word = found.member === 'error' ? wordInStream(found.payload, awaited.upstreamId, response.bond) : undefined;
  if (word !== undefined) throw word;
  const answer = { ...describe(response, found), ...(call.lane === 'open' && { ...openedSession(call, response, found), behind }) };
  if (call.toolCall === undefined || call.message?.kind !== 'request') return { answer };
  // A refusal with a 4xx is the server's answer; with a 5xx nobody can tell what it did before.
  if (response.status >= 500) throw endedBy('server_error', `the server answered ${response.status}`);
  const judging = { era: call.message.era, serverConfig: call.serverConfig, claimed: call.claim !== undefined };
  return { answer, verdict: await judge({ response: found, ...instanceOf(response) }, judging, parts.now()) };
}

/** Asks for the rest of an answer, as long as somebody waits for it. */
async function reopen(
  call: Sending,
  lastEventId: string,
  deadline: CallDeadline | undefined,
  { upstreams }: ReceiveParts,
): Promise<UpstreamResponse> {
  deadline?.assure();
  const response = await upstreams.send(resumption(call, lastEventId));
  deadline?.watch(response.body);
  return response;
}

/** Passes what is no response to a request: a GET stream, or the bare answer to a notification or DELETE. */
export async function passOn(call: Sending, response: UpstreamResponse, parts: ReceiveParts): Promise<Received> {
  if (call.lane === 'stream' && isStream(response) && response.status === 200) {
    call.exchange.reply.openStream();
    const { remoteUrl, streamAgeSeconds = STREAM_AGE_SECONDS } = call.serverConfig;
    const stop = remoteUrl === undefined ? undefined : atAge(streamAgeSeconds, () => response.body.destroy());
    await passStream(response, { ...readingOf(call, parts), pass: (event) => passEvent(call, event, undefined, parts) }).finally(stop);
    call.exchange.reply.end(LISTEN_AGAIN_MS);
    return {};
  }
  return { answer: describe(response, await readRefusal(response, call.held)) };
}

function readingOf({ held, server, agentId, message }: Sending, { metrics, log }: ReceiveParts): Pick<Reading, 'held' | 'drop' | 'era'> {
  let dropped = 0;
  const drop = (because: string): void => {
    metrics.count(server, 'MessagesDropped');
    // A server may say any number of such things: told of less and less often.
    if (Number.isInteger(Math.log2(++dropped))) log.warn({ event: 'message_dropped', server, agent: agentId, because, dropped });
  };
  return { held, drop, era: message?.era ?? 'legacy' };
}

/** Passes what comes before the response. A call's stream carries no event ids of the server: its answer is in the ledger. */
async function passEvent(call: Sending, event: PassedEvent, awaited: AwaitedRequest | undefined, parts: ReceiveParts): Promise<void> {
  const { exchange, lane, opening, recovery, server, message } = call;
  if (event.method === 'notifications/tools/list_changed') parts.catalogue.forget(server);
  if (event.method === 'notifications/tasks') await hearOfTask(call, event, parts.openTasks);
  const keepsIds = lane !== 'call' && message?.era !== 'modern' && exchange.reply.resumable && event.id !== undefined;
  const id = keepsIds ? sealServerEvent(event.id as string, awaited, call, parts) : undefined;
  if (event.text === '' && id === undefined) return;
  opening.settle();
  recovery.heard ||= event.text !== '';
  await exchange.reply.sendEvent({ data: event.text, ...(event.text !== '' && { event: 'message' }), ...(id !== undefined && { id }) });
}

/** Who is told how a task ended may ask for its call at once: the ledger knows it before. */
async function hearOfTask(asker: Sending, { method = '', params = '' }: PassedEvent, openTasks: OpenTasks): Promise<void> {
  const taskId: unknown = JSON.parse(readMembers(params).get('taskId') ?? 'null');
  await openTasks.hear(asker, { method, taskId, response: { member: 'result', payload: params } });
}

/** Most messages that wait behind the answer to `initialize`. */
const BEHIND_LIMIT = 64;

/** Before a session stands its agent cannot be asked anything: a ping is answered for it, and what it is told waits behind the answer. */
async function keepBehind(
  { text, method }: PassedEvent,
  behind: string[],
  { server, serverConfig, agentId: agent }: Sending,
  { headers, cookie }: UpstreamResponse,
  { upstreams }: ReceiveParts,
): Promise<void> {
  const id = readMembers(text).get('id');
  if (text === '' || (id !== undefined && method !== 'ping')) return;
  if (id === undefined) {
    if (behind.length < BEHIND_LIMIT) behind.push(text);
    return;
  }
  const upstream = headers[SESSION_HEADER];
  const session = typeof upstream === 'string' ? { session: { upstream, ...(cookie !== undefined && { cookie }) } } : {};
  const body = `{"jsonrpc":"2.0","id":${id},"result":{}}`;
  const answered = await upstreams
    .send({ server, serverConfig, method: 'POST', headers: {}, body, ...session, context: { agent, server } })
    .catch(() => undefined);
  answered?.body.letGo();
}

function openedSession({ serverConfig }: Sending, response: UpstreamResponse, { member, payload }: Response): { opened?: OpenedSession } {
  const upstream = response.headers[SESSION_HEADER];
  if (typeof upstream !== 'string' || member === 'error') return {};
  if (serverConfig.remoteUrl !== undefined && !REMOTE_SESSION_ID.test(upstream))
    throw endedBy('not_opened', `its session id has ${upstream.length} characters; visible ASCII of at most 512 can be kept`);
  const revision: unknown = JSON.parse(readMembers(payload).get('protocolVersion') ?? 'null');
  if (typeof revision !== 'string') throw endedBy('not_opened', 'its answer to initialize names no protocolVersion');
  return { opened: { upstream, revision, ...(response.cookie !== undefined && { cookie: response.cookie }) } };
}

function describe(response: UpstreamResponse, said: Response | undefined): Answer {
  const { status, headers } = response;
  const passed: Record<string, string> = {};
  for (const name in PASSED_HEADERS) {
    const value = headers[name];
    if (typeof value === 'string' && PASSED_HEADERS[name]?.test(value)) passed[name] = value;
  }
  return {
    status: statusFor(status, said),
    ...(said !== undefined && { response: { member: said.member, payload: said.payload } }),
    headers: passed,
    streamed: isStream(response),
    ...instanceOf(response),
  };
}

/** Statuses that say something of our credentials at the server, and would be taken for the agent's. */
const OURS = [401, 402, 403, 407];

/** A result is a 200; an error has the status that the protocol gives it; what is neither is as the server said, or a bad gateway. */
function statusFor(status: number, said: Response | undefined): number {
  if (said?.member === 'result') return 200;
  const passes = status < 300 || (status >= 400 && status < 500 && !OURS.includes(status));
  if (said !== undefined) return passes ? status : 200;
  return passes ? status : 502;
}

function instanceOf({ instance }: UpstreamResponse): { instance?: string } {
  return instance === undefined ? {} : { instance };
}
