import type { Logger } from 'pino';
import { ERRORS, type FleetError } from '../core/errors';
import { SESSION_HEADER } from '../core/headers';
import { INTRODUCING } from '../core/introduction';
import type { Outcome } from '../core/outcome';
import { withSubscription } from '../core/reading/agent-text';
import { withoutOwnWords } from '../core/reading/server-message';
import type { Response } from '../core/response';
import { markError, markTask, responseText, type Stamp, stampMembers } from '../core/stamp';
import type { LedgerRow } from '../ledger/row';
import type { Forwarded, Identified } from './call';
import type { DefinitionReviews, DefinitionSaid } from './definition-reviews';
import type { Exchange } from './http/exchange';
import { answeredMethod, listedBy, presentList } from './http/granted-list';
import type { Directory } from './ledger/directory';
import type { FanOut } from './ledger/fan-out';
import type { Fences } from './ledger/fences';
import type { OpenCallers } from './ledger/open-callers';
import type { Metrics } from './metrics';
import { endUndelivered, type UntoldParts } from './opening';
import type { OpenedSession } from './upstream/answer';
import type { Catalogue } from './upstream/catalogue';
import type { Restorations } from './upstream/restore';

/** What counts and logs how requests end. */
export interface EndingParts {
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface RespondParts extends EndingParts, UntoldParts {
  readonly directory: Directory;
  readonly fanOut: FanOut;
  readonly restorations: Restorations;
  readonly catalogue: Catalogue;
  readonly definitionReviews: DefinitionReviews;
  readonly fences: Fences;
  readonly openCallers: OpenCallers;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Sends the answer: stamped for a call, as this agent may see it for a list, under our own session id at open. */
export function respond(forwarded: Forwarded, parts: RespondParts): void {
  const { exchange, answer, lane, message } = forwarded;
  if (answer === undefined) return; // it has been streamed
  const { response, behind = [], headers, status } = answer;
  const text =
    response === undefined ? '' : responseText(exchange.requestId ?? 'null', response.member, present(response, forwarded, parts));
  // A legacy client gets a stream where its server gave one; it is opened only now, for one that is cut without a word hangs.
  if (answer.streamed === true && message?.era !== 'modern' && lane !== 'open') exchange.reply.openStream();
  if (behind.length > 0 && response?.member === 'result') exchange.reply.finishAll(headers, [text, ...behind]);
  else exchange.reply.finish(status, text, headers);
  if (answer.opened !== undefined) parts.openCallers.track(keepOpen(forwarded, answer.opened, headers[SESSION_HEADER] ?? '', parts));
  if (forwarded.fenced !== undefined) parts.openCallers.track(lowerFence(forwarded.fenced, exchange, parts));
  observe(forwarded, parts);
}

/** Says what was wrong in JSON-RPC, on the status that the protocol or the reader needs. */
export function respondRefusal(
  refusal: FleetError,
  exchange: Exchange,
  reached: Pick<Identified, 'agentId' | 'toolCall'> | undefined,
  { metrics, log }: EndingParts,
): void {
  const { detail, kind } = refusal;
  const retryAfter: Record<string, string> =
    detail.retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(detail.retryAfterMs / 1000)) };
  const text = responseText(exchange.requestId ?? 'null', 'error', JSON.stringify(refusal.toJsonRpc()));
  // A GET or DELETE awaits no JSON-RPC response, so its refusal is a status of its own.
  const status = refusal.status === 200 && exchange.requestId === null ? 503 : refusal.status;
  exchange.reply.finish(status, text, { ...retryAfter, ...detail.headers });

  if (kind === 'DENIED' || kind === 'SERVER_DENIED') metrics.count(exchange.serverName, 'Denied');
  if (kind === 'UNAUTHENTICATED' || kind === 'INSUFFICIENT_SCOPE') metrics.count(exchange.serverName, 'Unauthenticated');
  if (kind === 'FROZEN') metrics.count(exchange.serverName, 'Frozen');
  if (kind === 'AT_CAPACITY') metrics.count(exchange.serverName, 'Rejected');
  if (kind === 'UNKNOWN_SESSION') metrics.count(exchange.serverName, 'SessionsLost');
  if (kind === 'LEDGER_UNAVAILABLE') metrics.count(exchange.serverName, 'LedgerFailures');
  if (kind === 'AUTHORIZER_UNAVAILABLE') metrics.count(exchange.serverName, 'AuthorizerFailures');
  log.info({
    event: 'refused',
    error: kind,
    code: ERRORS[kind].code,
    server: exchange.serverName.slice(0, 40),
    agent: reached?.agentId,
    tool: reached?.toolCall?.tool.slice(0, 100),
    callId: reached?.toolCall?.callId,
  });
}

/** A session whose answer did not reach its caller is nobody's. */
async function keepOpen(forwarded: Forwarded, opened: OpenedSession, id: string, parts: RespondParts): Promise<void> {
  if (!(await forwarded.exchange.reply.delivered())) await endUndelivered(forwarded, opened, id, parts.now(), parts);
}

/** A result that reached its caller lets the next identical call be a new one; one that did not keeps it for its retry. */
async function lowerFence(row: LedgerRow, { reply }: Exchange, { fences, log }: RespondParts): Promise<void> {
  try {
    if (await reply.delivered()) await fences.lower(row);
    else await fences.leaveUnresolved(row);
  } catch (error) {
    log.warn({ event: 'fence_not_lowered', callId: row.callId, reason: (error as Error).message });
  }
}

/** A response as its agent may see it: a list filtered, a call stamped, the words of a server told from ours, a subscription by its own name. */
function present({ member, payload }: Response, forwarded: Forwarded, parts: RespondParts): string {
  if (member === 'error') return markError(payload);
  const { lane, awaited } = forwarded;
  const members = withoutOwnWords(lane === 'list' ? listFor(payload, forwarded, parts) : said(payload, forwarded, parts));
  const meta = members.get('_meta');
  if (meta !== undefined && awaited !== undefined) members.set('_meta', withSubscription(meta, awaited));
  return stampMembers(members, stampOf(forwarded, parts.restorations));
}

/** What is no list; of some methods not all of it is passed as it is. */
function said(payload: string, forwarded: Forwarded, { definitionReviews }: RespondParts): string {
  const { message, server, serverConfig } = forwarded;
  const method = answeredMethod(forwarded) ?? '';
  if (serverConfig.pins !== undefined && INTRODUCING.has(method)) return definitionReviews.introduction(server, withoutOwnWords(payload));
  return message?.kind === 'request' && method === 'tasks/get' ? markTask(payload) : payload;
}

function listFor(payload: string, forwarded: Forwarded, { catalogue, definitionReviews, log }: RespondParts): string {
  const { message, server } = forwarded;
  const firstPage = continuedOf(forwarded) !== true;
  const notes = {
    hidden: (name: string) => log.warn({ event: 'tool_hidden', server, reason: 'its name does not fit into a row', name }),
    admits: (...said: DefinitionSaid) => definitionReviews.admits(server, ...said),
    schema: (name: string) => catalogue.noteSchema(server, name),
  };
  const reader = { ...forwarded, era: message?.era ?? ('legacy' as const), firstPage };
  return presentList(payload, listedBy(forwarded) ?? 'tools', reader, notes);
}

/** Whether a list is continued; a resumed stream says of which request. */
function continuedOf({ awaited, resumes }: Forwarded): boolean | undefined {
  return awaited?.continued ?? (resumes?.kind === 'server' ? resumes.request?.continued : undefined);
}

/** Only an answer that tells what became of a call is stamped. */
function stampOf({ toolCall, replay, verdict, lane, sessionId, session }: Forwarded, restorations: Restorations): Stamp | undefined {
  const callId = replay?.callId ?? toolCall?.callId;
  if (callId === undefined || (verdict === undefined && replay === undefined)) return undefined;
  const goesOn = verdict?.openTask !== undefined || replay?.state === 'sent';
  const told = goesOn ? { state: 'sent' as const } : { outcome: verdict?.outcome ?? (replay?.state as Outcome) };
  const restored = session !== undefined && session.generation > session.told;
  if (restored && sessionId !== undefined) restorations.tell(sessionId, session);
  // An answer that is resumed reaches its own caller for the first time: it is no replay.
  return { callId, ...told, replayed: replay !== undefined && lane !== 'resume', sessionRestored: restored };
}

function observe(forwarded: Forwarded, { metrics, now, log }: RespondParts): void {
  const { exchange, toolCall, server, agentId, verdict, replay, upstreamMs, answer } = forwarded;
  if (toolCall === undefined) return;
  const latency = now() - exchange.startedAt;
  metrics.observe(server, 'CallLatency', latency);
  metrics.observe(server, 'GatewayOverhead', latency - upstreamMs);
  log.info({
    event: 'call',
    callId: toolCall.callId,
    server,
    agent: agentId,
    tool: toolCall.tool.slice(0, 100),
    outcome: verdict?.openTask === undefined ? (verdict?.outcome ?? replay?.state) : 'sent',
    replayed: replay !== undefined,
    instance: answer?.instance,
    ms: latency,
    upstreamMs,
  });
}
