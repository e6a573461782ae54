import type { EventSourceMessage } from 'eventsource-parser';
import { endedBy } from '../core/endings';
import { FleetError } from '../core/errors';
import { SESSION_HEADER } from '../core/headers';
import type { LedgerRow } from '../core/ledger';
import type { RequestId, RequestMessage } from '../core/message';
import { sessionKey } from '../core/session-key';
import type { Claimed, Forwarded } from './call';
import type { Patience } from './http/patience';
import { openStreamInTime, type StreamOpening } from './http/stream-opening';
import { type AskParts, answerAsk } from './ledger/ask';
import type { Directory } from './ledger/directory';
import type { Ledger } from './ledger/ledger';
import { awaitEvidence, type RecoveryParts } from './ledger/own-recovery';
import { replayAnswer } from './ledger/replay';
import { judge } from './ledger/settlement';
import { Recovery } from './recovery';
import { type Answer, isStream, type OpenedSession, readAnswer, readResponse } from './upstream/answer';
import { adviseReader, type Placeable, type PlacementParts, place, repeatable, resumption } from './upstream/placement';
import type { UpstreamResponse } from './upstream/upstreams';

/** Headers of an answer that reach the agent. A session id is never among them: the agent holds ours, not the server's. */
const PASSED_HEADERS = ['mcp-protocol-version', 'cache-control', 'retry-after', 'allow'];

export type ForwardParts = AskParts & CloseParts & SendParts & { readonly patience: Patience };

/**
 * Sends the request on and holds the answer until it is recorded; what comes before the answer on a stream passes at once.
 * GET streams and answers without a body belong to no call and pass as they are.
 */
export async function forward(claimed: Claimed, parts: ForwardParts): Promise<Forwarded> {
  if (claimed.replay !== undefined) {
    return { ...claimed, answer: replayAnswer(claimed.replay, claimed.exchange), upstreamMs: 0 };
  }
  if (claimed.lane === 'ask') return { ...claimed, ...(await answerAsk(claimed, parts)), upstreamMs: 0 };
  if (claimed.lane === 'close') return close(claimed, parts);
  const sentAt = parts.now();
  const recovery = Recovery.of(claimed, parts.now);
  const opening = openStreamInTime(claimed, parts.patience);
  try {
    const received = await send({ ...claimed, opening, recovery }, parts);
    opening.settle();
    return { ...claimed, ...received, upstreamMs: parts.now() - sentAt };
  } finally {
    opening.cancel();
  }
}

type CloseParts = PlacementParts & { readonly directory: Directory; readonly now: () => number };

/**
 * Ends a session: first in the directory, so that nothing can open it again, then at its instance. Where that one no
 * longer holds it, it has ended all the same.
 */
async function close(claimed: Claimed, parts: CloseParts): Promise<Forwarded> {
  const wasOpen = claimed.sessionId !== undefined && (await parts.directory.close(sessionKey(claimed.sessionId), parts.now()));
  try {
    const recovery = Recovery.of(claimed, parts.now);
    const { response } = await place({ ...claimed, recovery }, parts);
    return { ...claimed, ...(await passOn(claimed, response)), upstreamMs: 0 };
  } catch (error) {
    if (!wasOpen || !FleetError.is(error) || error.kind !== 'UNKNOWN_SESSION') throw error;
    return { ...claimed, answer: { status: 200, text: '', headers: {} }, upstreamMs: 0 };
  }
}

type Received = Pick<Forwarded, 'answer' | 'verdict' | 'session'>;

type SendParts = ReceiveParts & RecoveryParts & { readonly ledger: Ledger };

type ReceiveParts = PlacementParts & { readonly now: () => number };

type Sending = Placeable & { readonly opening: StreamOpening };

/** Marks a claimed call as sent, sends it, and finds out what became of it when its answer is lost. */
async function send(call: Sending, parts: SendParts): Promise<Received> {
  const { claim } = call;
  if (claim === undefined) return receiveRead(call, parts);
  const sentAt = parts.now();
  if (!(await parts.ledger.advance(claim, 'sent', { sentAt }))) {
    throw new FleetError('NOT_DELIVERED', {
      reason: 'whoever waited for this call ended its claim before anything was sent; send it again',
      callId: claim.callId,
    });
  }
  const sent = { ...claim, sentAt };
  return receive({ ...call, claim: sent }, parts).catch((error) => recover({ ...call, claim: sent }, error, parts));
}

/** A request that changes nothing is asked again where its answer was lost, as long as the agent has seen nothing of it. */
async function receiveRead(call: Sending, parts: ReceiveParts): Promise<Received> {
  for (;;) {
    try {
      return await receive(call, parts);
    } catch (error) {
      if (!FleetError.is(error) || error.kind !== 'OUTCOME_UNKNOWN' || !repeatable(call)) throw adviseReader(error, call);
      call.recovery.note('sent', error.detail.reason);
      if (!(await call.recovery.pause())) throw adviseReader(call.recovery.spent(error), call);
    }
  }
}

async function receive(call: Sending, parts: ReceiveParts): Promise<Received> {
  const { response, session } = await place(call, parts);
  const placed = { ...call, session };
  const passed = call.message?.kind === 'request' ? await hold(placed, response, parts) : await passOn(placed, response);
  return { ...passed, ...(session !== undefined && { session }) };
}

/** A claimed call whose answer was lost is settled by evidence. Whether one that did not happen is to be sent again, its agent decides. */
async function recover(call: Sending & { readonly claim: LedgerRow }, error: unknown, parts: RecoveryParts): Promise<Received> {
  if (!FleetError.is(error) || error.kind !== 'OUTCOME_UNKNOWN') throw error;
  const { claim, recovery } = call;
  recovery.note('sent', error.detail.reason);
  const finding = await awaitEvidence(claim, recovery, error, parts);
  if (finding.kind === 'answer') {
    parts.log.info({ event: 'answer_recovered', callId: claim.callId, server: claim.server, by: finding.by });
    const { instance, text } = finding.answer;
    const answer = { status: 200, headers: {}, text: underId(text, call.exchange.requestId), ...(instance !== undefined && { instance }) };
    return { answer, verdict: judge(finding.answer, parts.now()) };
  }
  throw recovery.spent(endedBy('not_landed', finding.because, { callId: claim.callId }));
}

/** What was found may have been said to somebody else. */
function underId(text: string, id: RequestId | null): string {
  const { isError, payload } = readResponse(text);
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"${isError ? 'error' : 'result'}":${payload}}`;
}

/** Holds the response to a request. */
async function hold(
  call: Sending,
  response: UpstreamResponse,
  { upstreams, now }: ReceiveParts,
): Promise<Pick<Forwarded, 'answer' | 'verdict'>> {
  const { lane, message, toolCall } = call;
  const text = await readAnswer(response, {
    id: (message as RequestMessage).id,
    pass: (event) => passEvent(call, event),
    ...(message?.era === 'legacy' && { reopen: (lastEventId: string) => upstreams.send(resumption(call, lastEventId)) }),
  });
  const answer = { ...describe(response, text), ...(lane === 'open' && openedSession(response, text)) };
  if (toolCall === undefined) return { answer };
  // A refusal with a 4xx is the server's answer; with a 5xx nobody can tell what it did before.
  if (response.status >= 500) throw endedBy('server_error', `the server answered ${response.status}`);
  return { answer, verdict: judge(answer, now()) };
}

/**
 * Passes what comes before the response. A call's stream carries no event ids of the server: resuming it there would give
 * a result that the ledger has not seen.
 */
async function passEvent({ exchange, lane, opening, recovery }: Sending, { id, event, data }: EventSourceMessage): Promise<void> {
  const keepsIds = lane === 'relay';
  if (lane === 'open' || (data === '' && !keepsIds)) return;
  opening.settle();
  recovery.heard = true;
  await exchange.reply.sendEvent({ data, ...(event !== undefined && { event }), ...(keepsIds && id !== undefined && { id }) });
}

function openedSession(response: UpstreamResponse, text: string): { opened?: OpenedSession } {
  const upstream = response.headers[SESSION_HEADER];
  if (typeof upstream !== 'string') return {};
  const revision = String(readResponse(text).result.protocolVersion);
  return { opened: { upstream, revision, ...(response.cookie !== undefined && { cookie: response.cookie }) } };
}

/** Passes what is no response to a request: a GET stream, or the bare answer to a notification or DELETE. */
async function passOn({ exchange, lane }: Claimed, response: UpstreamResponse): Promise<{ answer?: Answer }> {
  if (lane !== 'stream' || !isStream(response)) {
    return { answer: describe(response, await readAnswer(response, { id: 0 })) };
  }
  exchange.reply.openStream();
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) await exchange.reply.pass(chunk);
  } catch {
    // The server or the agent left; either way the stream is over, and the agent opens another one.
  }
  exchange.reply.end();
  return {};
}

function describe(response: UpstreamResponse, text: string): Answer {
  const { status, headers, instance } = response;
  const passed: Record<string, string> = {};
  for (const name of PASSED_HEADERS) if (typeof headers[name] === 'string') passed[name] = headers[name];
  return { status, text, headers: passed, streamed: isStream(response), ...(instance !== undefined && { instance }) };
}
