import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger } from '../../ledger/ledger';
import { isSettled, type LedgerRow, ledgerKey } from '../../ledger/row';
import { DUPLICATE_WAIT_MS, inProgress, settleUnknown, type UnknownParts } from './duplicate';
import { type Entry, FENCE_WINDOW_MS, type Fence, type Fences, TASK_FENCE_MS } from './fences';
import { forgottenRow } from './forgotten';
import { BEAT_MS, type OpenCallers } from './open-callers';
import type { StandingOrders } from './standing-orders';

const POLL_MS = 40;
/** How long a gateway that lives may take to show it, in milliseconds. */
const LIFE_SIGN_MS = 50 * BEAT_MS;
/** How long a result may be on its way to its caller, in milliseconds, until its gateway must have died with it. */
const DELIVERY_MS = 5_000;

export interface FenceParts extends UnknownParts {
  readonly ledger: Ledger;
  readonly fences: Fences;
  readonly openCallers: OpenCallers;
  readonly orders: Pick<StandingOrders, 'forgottenIn'>;
}

/**
 * Lets a call without a key pass the fence, or answers it: of the identical ones there that have not reached their callers, one that
 * will not reach its caller any more, or whose outcome is unknown, has this call for its retry. One whose caller still waits is
 * another intent, and this call runs beside it.
 * @param fence as it was when this call was added
 * @throws FleetError OUTCOME_UNKNOWN when the earlier one's outcome is unknown; IN_PROGRESS when it takes too long
 */
export async function passFence(row: LedgerRow, { entries }: Fence, parts: FenceParts): Promise<LedgerRow | 'ours'> {
  const others = entries.filter(({ call }) => call !== row.pk);
  for (const entry of await withoutCaller(others, row, parts)) {
    const answering = await follow(entry, row, parts);
    if (answering !== undefined) return answering;
  }
  return 'ours';
}

/**
 * Those earlier calls that nobody waits for any more. Of a call here the connection tells; of one at another replica, that the fence
 * lets it go, or that the replica beats twice after we came, so that it had a whole interval to say that the caller left.
 */
async function withoutCaller(others: readonly Entry[], row: LedgerRow, parts: FenceParts): Promise<readonly Entry[]> {
  const { fences, openCallers, now } = parts;
  const beats = new Map<string, number>();
  const alive = new Set<string>();
  const waitsHere = ({ call }: Entry) => openCallers.has(call);
  let left = others;
  for (const until = now() + LIFE_SIGN_MS; ; ) {
    const silent = new Set(left.filter((entry) => !entry.unresolved && !waitsHere(entry)).map(({ owner }) => owner));
    for (const owner of alive) silent.delete(owner);
    if (silent.size === 0 || now() > until)
      return left.filter((entry) => entry.unresolved || !(alive.has(entry.owner) || waitsHere(entry)));
    if (beats.size > 0) await delay(POLL_MS);
    await Promise.all(
      [...silent].map(async (owner) => {
        const count = await fences.beatsOf(owner);
        if (count >= (beats.get(owner) ?? Number.POSITIVE_INFINITY) + 2) alive.add(owner);
        if (!beats.has(owner)) beats.set(owner, count);
      }),
    );
    const { entries } = await fences.read(row);
    left = entries.filter(({ call }) => others.some((other) => other.call === call));
  }
}

/** What becomes of an earlier call without a caller: the row whose outcome answers, or undefined when nothing of it happened. */
async function follow(entry: Entry, row: LedgerRow, parts: FenceParts): Promise<LedgerRow | undefined> {
  const { ledger, fences, outcomes, now } = parts;
  const deadline = now() + DUPLICATE_WAIT_MS;
  let settledByUs = false;
  for (;;) {
    let standing = (await ledger.read(entry.call)) ?? (await endMissing(entry, row, parts));
    const foundNow = standing.state === 'unknown' && !isOver(standing, now());
    if (foundNow) standing = await settleUnknown(standing, parts);
    if (standing.state === 'not_executed' || standing.state === 'input_required' || isOver(standing, now())) {
      await fences.lower(row, entry);
      return undefined;
    }
    if (foundNow || standing.openTask !== undefined) return standing;
    const current = (await fences.read(row)).entries.find(({ call }) => call === entry.call);
    // It has reached its caller after all. One whose caller had left has not: another retry was answered by it, and so is this.
    if (current === undefined && !entry.unresolved) return undefined;
    const undelivered = settledByUs || entry.unresolved || current?.unresolved === true;
    if (isSettled(standing.state) && (undelivered || now() > (standing.settledAt ?? 0) + DELIVERY_MS)) return standing;
    if (now() > deadline) throw inProgress(standing);
    if (isSettled(standing.state)) await delay(POLL_MS);
    // What this replica settles in place of a dead one, no one else is about to deliver.
    else settledByUs = isSettled((await outcomes.lookAgain(standing)).state);
  }
}

/**
 * Ends a call that stands behind the fence and has no row: its gateway is dead, or stopped between its two writes. The row put here
 * is what the other one's write will find, so that nothing is sent. Where the table was restored the row may have been there, and sent.
 */
async function endMissing({ call, owner }: Entry, row: LedgerRow, { ledger, orders, now }: FenceParts): Promise<LedgerRow> {
  const { session: _, route: __, sentAt: ___, ...intent } = row;
  const epoch = orders.forgottenIn(row);
  const what: Pick<LedgerRow, 'state' | 'settledAt' | 'reason'> =
    epoch === undefined
      ? { state: 'not_executed', settledAt: now(), reason: 'its gateway died before it was written down' }
      : forgottenRow(intent, epoch);
  const callId = call.slice(ledgerKey(row.server, row.agent, 'c:').length);
  const ended: LedgerRow = { ...intent, ...what, pk: call, callId, owner, fence: randomUUID() };
  return (await ledger.claim(ended)) ?? ended;
}

function isOver({ task, claimedAt }: LedgerRow, now: number): boolean {
  return now > claimedAt + (task === undefined ? FENCE_WINDOW_MS : TASK_FENCE_MS);
}
