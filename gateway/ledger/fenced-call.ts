import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger } from '../../ledger/ledger';
import { isSettled, type LedgerRow } from '../../ledger/row';
import { DUPLICATE_WAIT_MS, inProgress, settleUnknown, type UnknownParts } from './duplicate';
import { type Entry, FENCE_WINDOW_MS, type Fences, TASK_FENCE_MS } from './fences';
import { BEAT_MS, type OpenCallers } from './open-callers';

const POLL_MS = 40;
/** How long a gateway that lives may take to show it, in milliseconds. */
const LIFE_SIGN_MS = 50 * BEAT_MS;
/** How long a result may be on its way to its caller, in milliseconds, until its gateway must have died with it. */
const DELIVERY_MS = 5_000;

export interface FenceParts extends UnknownParts {
  readonly ledger: Ledger;
  readonly fences: Fences;
  readonly openCallers: OpenCallers;
}

/**
 * Puts a claimed call without a key behind the fence of identical ones that have not reached their callers. One that will
 * not reach its caller any more, or whose outcome is unknown, has this call for its retry, and answers it. One whose caller
 * still waits is another intent, and this call runs beside it.
 * @throws FleetError OUTCOME_UNKNOWN when the earlier one's outcome is unknown; IN_PROGRESS when it takes too long
 */
export async function passFence(row: LedgerRow, parts: FenceParts): Promise<LedgerRow | 'ours'> {
  const { entries } = await parts.fences.raise(row, parts.now());
  const others = entries.filter(({ call }) => call !== row.pk);
  for (const entry of await withoutCaller(others, row, parts)) {
    const answering = await follow(entry, row, parts);
    if (answering !== undefined) return answering;
  }
  return 'ours';
}

/**
 * Those earlier calls that nobody waits for any more. Of a call here the connection tells; of one at another replica, that
 * the replica beats after we came and does not say that the caller left.
 */
async function withoutCaller(others: readonly Entry[], row: LedgerRow, parts: FenceParts): Promise<readonly Entry[]> {
  const { fences, openCallers } = parts;
  const unclear = others.filter((entry) => !entry.unresolved && !openCallers.has(entry.call));
  if (unclear.length === 0) return others.filter(({ unresolved }) => unresolved);
  const owners = [...new Set(unclear.map(({ owner }) => owner))];
  const alive = new Set<string>();
  await Promise.all(owners.map(async (owner) => (await showsLife(owner, parts)) && alive.add(owner)));
  const { entries } = await fences.read(row);
  const known = entries.filter(({ call }) => others.some((other) => other.call === call));
  return known.filter(({ unresolved, owner, call }) => unresolved || !(alive.has(owner) || openCallers.has(call)));
}

/** What becomes of an earlier call without a caller: the row whose outcome answers, or undefined when nothing of it happened. */
async function follow(entry: Entry, row: LedgerRow, parts: FenceParts): Promise<LedgerRow | undefined> {
  const { ledger, fences, outcomes, now } = parts;
  const deadline = now() + DUPLICATE_WAIT_MS;
  let settledByUs = false;
  for (;;) {
    let standing = await ledger.read(entry.call);
    if (standing?.state === 'claimed' && !entry.unresolved) standing = await outcomes.endUnsent(standing);
    const foundNow = standing?.state === 'unknown' && !isOver(standing, now());
    if (standing !== undefined && foundNow) standing = await settleUnknown(standing, parts);
    if (standing === undefined || standing.state === 'not_executed' || standing.state === 'input_required' || isOver(standing, now())) {
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
    // What this replica settles in place of a dead one, no one else is about to deliver.
    if (standing.state === 'sent') settledByUs = isSettled((await outcomes.lookAgain(standing)).state);
    else await delay(POLL_MS);
  }
}

function isOver({ task, claimedAt }: LedgerRow, now: number): boolean {
  return now > claimedAt + (task === undefined ? FENCE_WINDOW_MS : TASK_FENCE_MS);
}

/** Two beats from now on: at least one whole interval in which it could have said that a caller left. */
async function showsLife(replica: string, { fences, now }: FenceParts): Promise<boolean> {
  const before = await fences.beatsOf(replica);
  for (const until = now() + LIFE_SIGN_MS; now() < until; ) {
    await delay(POLL_MS);
    if ((await fences.beatsOf(replica)) >= before + 2) return true;
  }
  return false;
}
