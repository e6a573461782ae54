import { LAST_EVENT_ID_HEADER } from '../core/headers';
import { type Advice, advise, waitAdvised } from './advice';
import { type Ask, giveKey } from './ask';
import { attempt, type Passing, type Seen } from './attempt';
import { Spending } from './budget';
import { RecoveryExhausted } from './exhausted';
import { learn } from './learn';
import { honoursKeys } from './probe';
import type { Recovery } from './recovery';

/** What the client gets at the end. */
export type Ending = Exclude<Seen, { kind: 'lost' }>;

/**
 * Asks until there is an answer that the client should see. Events before it pass at once; the answers of attempts that
 * are made again do not.
 * @throws RecoveryExhausted when the budget is spent; the failure itself where nothing can be recovered
 */
export async function* recover(ask: Ask, recovery: Recovery): AsyncGenerator<Passing, Ending> {
  const spending = new Spending(recovery.budget, recovery.clock);
  let passed = false;
  for (;;) {
    await ask.session?.settled();
    const sessionId = ask.session?.current;
    const doubted = ask.call?.lost === true;
    spending.attempts++;
    const attempted = attempt(ask, recovery);
    let next = await attempted.next();
    for (; !next.done; next = await attempted.next()) {
      learn(next.value, ask, recovery);
      passed = true;
      yield next.value;
    }
    const seen = next.value;
    learn(seen, ask, recovery);

    const step = await prepare(advise(seen, ask), sessionId, ask, spending, recovery);
    if (step === 'pass') {
      if (seen.kind === 'lost') throw seen.error;
      if (isTrueOf(seen, ask, doubted, passed)) return seen;
      throw exhausted('an attempt was lost, and the last one was refused', seen, ask, spending, recovery);
    }
    if (seen.kind === 'bare') await seen.head.body?.cancel();
    const goesOn =
      step === 'at_once'
        ? spending.reaches()
        : step === 'again' && (await spending.pause(waitAdvised(seen, recovery.clock.now()), ask.signal));
    if (!goesOn) throw exhausted('its budget of attempts and time is spent', seen, ask, spending, recovery);
  }
}

type Step = 'pass' | 'again' | 'at_once' | 'spent';

/** Makes another attempt possible where something stands in its way. */
async function prepare(advice: Advice, sessionId: string | undefined, ask: Ask, spending: Spending, recovery: Recovery): Promise<Step> {
  if (advice === 'doubt') return resolveDoubt(ask, spending, recovery);
  if (advice === 'reopen') return reopen(ask, sessionId, recovery);
  if (advice !== 'with_key') return advice;
  if (ask.call !== undefined) giveKey(ask, ask.call, recovery);
  return 'at_once';
}

/** A call that may have been executed is not sent again before its endpoint is known to honour keys. */
async function resolveDoubt(ask: Ask, spending: Spending, recovery: Recovery): Promise<Step> {
  for (;;) {
    const honoured = await honoursKeys(ask, recovery);
    if (honoured !== undefined) return honoured ? 'again' : 'pass';
    if (!(await spending.pause(0, ask.signal))) return 'spent';
    spending.attempts++;
  }
}

async function reopen(ask: Ask, lostId: string | undefined, recovery: Recovery): Promise<Step> {
  if (!recovery.reopens || ask.session === undefined || lostId === undefined) return 'pass';
  const came = await ask.session.reopen(lostId, ask, recovery);
  if (came === 'opened' && ask.headers.get(LAST_EVENT_ID_HEADER)?.startsWith('mcpfleet.') === false) {
    ask.headers.delete(LAST_EVENT_ID_HEADER); // the new session has not sent that event
  }
  return came === 'opened' ? 'at_once' : came === 'later' ? 'again' : 'pass';
}

/**
 * Whether an answer may be shown as it is. "Not executed" is said of the last attempt only: where an earlier one was lost
 * (`doubted`) it would be a lie. A 401 or 403 goes to the client all the same, which may get another token and ask again; its next
 * call of the same content takes the same key.
 */
function isTrueOf(seen: Ending, { call }: Ask, doubted: boolean, passed: boolean): boolean {
  if (passed && seen.kind === 'bare') return false; // a stream that has begun can only go on with JSON-RPC
  if (!doubted || call?.outcome !== 'unknown') return true;
  return !passed && (seen.head.status === 401 || seen.head.status === 403);
}

function exhausted(
  why: string,
  seen: Seen,
  { call, message, endpoint }: Ask,
  { attempts }: Spending,
  { task }: Recovery,
): RecoveryExhausted {
  const what = call === undefined ? (message?.method ?? 'the request') : `the call of "${call.tool}"`;
  const outcome = call?.outcome ?? 'unknown';
  const last = seen.kind === 'lost' ? String(seen.error) : (lastError(seen) ?? `HTTP ${seen.head.status}`);
  return new RecoveryExhausted(
    {
      reason: `${what} at ${endpoint.url} was given up after ${attempts} attempts: ${why} (${last}); its outcome is ${outcome}`,
      outcome,
      ...(call !== undefined && {
        call: {
          tool: call.tool,
          ...(call.key !== undefined && { key: call.key }),
          ...(call.callId !== undefined && { callId: call.callId }),
        },
      }),
      attempts,
      report: task.report(),
    },
    { cause: seen.kind === 'answer' ? seen.message?.error : seen.kind === 'lost' ? seen.error : undefined },
  );
}

function lastError(seen: Seen): string | undefined {
  return seen.kind === 'answer' ? seen.message?.error?.message : undefined;
}
