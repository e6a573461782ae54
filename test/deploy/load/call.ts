import assert from 'node:assert/strict';
import { isUnknownSession, type Reply } from '../../../checks/agent-client';
import type { Answer } from '../programs/answer';

export type Operation = 'initialize' | 'read' | 'write';

/** What came of a call. */
export type Outcome =
  | 'ok'
  /** The answer says that the session was lost and opened again, and so it was. */
  | 'restored'
  /** The agent was told that its session is over; nothing was executed. */
  | 'ended'
  /** The agent was told that there is no such server, or no grant for it any more: that goes first; nothing was executed. */
  | 'removed'
  | 'failed';

/** One call under load. */
export interface Call {
  readonly server: string;
  readonly operation: Operation;
  readonly reference: string;
  readonly outcome: Outcome;
  /** Version of the server that answered. */
  readonly version?: string;
  readonly detail?: string;
}

/** What a session knows of its server: it must go on there, unless the agent is told otherwise. */
export interface Known {
  readonly pid: number | undefined;
  readonly written: number;
}

/** Holds a reply against what was asked, and against what the session knows. */
export function judge(reply: Reply, operation: Operation, reference: string, { pid, written }: Known): Pick<Call, 'outcome' | 'detail'> {
  const answer = answerOf(reply);
  if (answer === undefined) return judgeRefusal(reply);
  const step = operation === 'write' ? 1 : 0;
  const detail = `${reference} got ${JSON.stringify(answer)} after ${written} writes with ${pid ?? 'nobody'}`;
  if (answer.reference !== reference) return { outcome: 'failed', detail };
  if ((pid === undefined || answer.pid === pid) && answer.written === written + step) return { outcome: 'ok' };
  const isRestored = reply.kind === 'result' && reply.stamp?.sessionRestored === true && answer.pid !== pid && answer.written === step;
  return isRestored ? { outcome: 'restored' } : { outcome: 'failed', detail };
}

/** What was refused was not executed; anything else that is no answer is a failure. */
export function judgeRefusal(reply: Reply): Pick<Call, 'outcome' | 'detail'> {
  if (isNoServer(reply)) return { outcome: 'removed' };
  if (isUnknownSession(reply)) return { outcome: 'ended' };
  return { outcome: 'failed', detail: JSON.stringify(reply).slice(0, 300) };
}

export function answerOf(reply: Reply): Answer | undefined {
  return reply.kind === 'result' && !reply.isError ? (JSON.parse(reply.text) as Answer) : undefined;
}

const NO_SERVER = /UNKNOWN_SERVER|SERVER_DENIED/;

/** Refusals that SDK clients know by their HTTP status only have their own words in the body. */
function isNoServer(reply: Reply): boolean {
  return (reply.kind === 'error' && NO_SERVER.test(reply.data.error ?? '')) || (reply.kind === 'http' && NO_SERVER.test(reply.message));
}

/** How often what happened, for people. */
export function tally(calls: readonly Call[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { server, outcome } of calls) {
    const name = outcome === 'ok' ? server : `${server} ${outcome}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** @param allowed as {@link tally} names it @throws AssertionError with what else has happened */
export function expectOnly(calls: readonly Call[], allowed: readonly string[]): void {
  const others = Object.keys(tally(calls)).filter((name) => !allowed.includes(name));
  const details = calls.flatMap(({ server, detail }) => (detail === undefined ? [] : [`${server}: ${detail}`]));
  assert.deepEqual(others, [], `${JSON.stringify(tally(calls))}\n${details.slice(0, 5).join('\n')}`);
}
