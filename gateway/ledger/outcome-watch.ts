import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { FleetConfig } from '../../core/fleet-config';
import type { EvidenceSearch } from '../../ledger/evidence';
import type { Finding, Way } from '../../ledger/finding';
import type { Ledger } from '../../ledger/ledger';
import type { LedgerRow } from '../../ledger/row';
import { judge, judgingOf, type Verdict } from '../../ledger/verdict';
import type { OpenTasks } from './open-tasks';

/** How often a row is read, and its instance asked, while another replica works on it; in milliseconds. */
export const POLL_MS = 150;
/** How long after it was sent a call is left to its owner although its instance knows nothing of it, in milliseconds. */
const OWNER_PATIENCE_MS = 5_000;
/**
 * How long a claim may stand unsent before whoever waits for it ends it, in milliseconds. Its owner sends at once, or has
 * died: if it was only slow, its `sent` is refused.
 */
const UNSENT_PATIENCE_MS = 5_000;

export interface WatchParts {
  readonly ledger: Ledger;
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly openTasks: OpenTasks;
  readonly evidence: EvidenceSearch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Follows the rows of calls until they are settled, and settles them by what can be found. */
export class OutcomeWatch {
  constructor(private readonly parts: WatchParts) {}

  /**
   * Looks again at a row that is `claimed` or `sent` by somebody. A replica that died leaves it so; then the instance has
   * the answer, or it still runs there, or nobody can tell and the row becomes `unknown`. That a lease ran out never means
   * that nothing happened. An owner that lives after all still settles an `unknown` row with what it has.
   */
  async lookAgain(row: LedgerRow): Promise<LedgerRow> {
    const { ledger, evidence, now } = this.parts;
    await delay(POLL_MS);
    const current = (await ledger.read(row.pk)) ?? row;
    if (isAbandoned(current, now())) return this.endUnsent(current);
    if (current.state !== 'sent' || current.openTask !== undefined) return current;
    const finding = await evidence.seek(current, ['instance']);
    if (finding.kind === 'answer') return this.settleBy(finding, current);
    if (finding.kind === 'running' && now() <= current.leaseUntil) return current;
    if (now() <= Math.min(current.leaseUntil, (current.sentAt ?? 0) + OWNER_PATIENCE_MS)) return current;
    await ledger.advance(current, 'unknown', { settledAt: now(), reason: 'neither its gateway nor its instance can tell' });
    return (await ledger.read(row.pk)) ?? current;
  }

  /**
   * Looks for evidence of a call whose outcome is unknown, and settles it by what is found. An instance may still work on a call that its
   * gateway has handed over: then evidence is on its way.
   * @param waits whether somebody still waits for that
   */
  async reconsider(row: LedgerRow, ways: readonly Way[], waits: () => boolean = () => false): Promise<LedgerRow> {
    for (;;) {
      const finding = await this.parts.evidence.seek(row, ways);
      if (finding.kind !== 'running' || !waits()) return this.settleBy(finding, row);
      await delay(POLL_MS);
    }
  }

  /** Writes down what was found; the row as it stands then. */
  async settleBy(finding: Finding, row: LedgerRow): Promise<LedgerRow> {
    if (finding.kind === 'none' || finding.kind === 'running') return row;
    const { ledger, now, log } = this.parts;
    const { by, because } = finding;
    if (finding.kind === 'not_landed') {
      await ledger.notLanded(row, { settledAt: now(), reason: because }, because);
    } else {
      await writeVerdict(row, await judge(finding.answer, judgingOf(row, this.parts.config), now()), this.parts, because);
    }
    const settled = (await ledger.read(row.pk)) ?? row;
    log.info({ event: `settled_by_${by}`, callId: row.callId, server: row.server, state: settled.state });
    return settled;
  }

  /** Ends a claim that its owner left without having sent anything; one that is only slow cannot send any more. */
  private async endUnsent(row: LedgerRow): Promise<LedgerRow> {
    const { ledger, now } = this.parts;
    await ledger.endUnsent(row, { settledAt: now(), reason: 'its gateway died before it was sent' });
    return (await ledger.read(row.pk)) ?? row;
  }
}

/** Writes down what an answer makes of a call. False when it is no longer ours to write. @throws FleetError LEDGER_UNAVAILABLE */
export async function writeVerdict(
  row: LedgerRow,
  { outcome, settlement, openTask }: Verdict,
  { ledger, openTasks }: Pick<WatchParts, 'ledger' | 'openTasks'>,
  because?: string,
): Promise<boolean> {
  if (openTask === undefined) return ledger.advance(row, outcome, settlement, because);
  const opening = openTasks.opening(openTask, settlement.result ?? '');
  await openTasks.note(row, openTask, opening.leaseUntil ?? 0);
  return ledger.keepOpen(row, { ...settlement, ...opening });
}

function isAbandoned({ state, claimedAt }: LedgerRow, now: number): boolean {
  return state === 'claimed' && now > claimedAt + UNSENT_PATIENCE_MS;
}
