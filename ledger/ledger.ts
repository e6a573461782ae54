import { FleetError } from '../core/errors';
import { UnknownFormatError } from '../core/formats';
import { eventOf } from './expressions';
import type { LedgerTable } from './ledger-table';
import { CONDITIONS, isWritten, type Resolution, type WriteCondition } from './protocol';
import { type LedgerEvent, type LedgerRow, type LedgerState, ownKey } from './row';
import { RowTaken } from './table/rows';

/** What may change in a row after it was claimed. */
export type Settlement = Partial<
  Pick<
    LedgerRow,
    'sentAt' | 'settledAt' | 'instance' | 'result' | 'resultEncoding' | 'resultIsError' | 'reason' | 'openTask' | 'leaseUntil'
  >
>;

/** How a person settles an unknown outcome. */
export interface PersonsWord extends Required<Pick<LedgerRow, 'resolvedBy' | 'resolvedAt' | 'resolutionReason'>> {
  readonly outcome: Resolution;
}

/** In whose name rows are written. */
export interface Writer {
  /** A gateway replica, or a person. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The writes of the ledger's protocol. Single-item conditional writes only; every one after the claim carries the claim's fence. */
export class Ledger {
  constructor(
    private readonly table: LedgerTable,
    private readonly writer: Writer,
  ) {}

  /**
   * Claims a key. Resolves to undefined when the claim is ours, else to the row that stands there.
   * @throws FleetError LEDGER_UNAVAILABLE
   */
  async claim(row: LedgerRow): Promise<LedgerRow | undefined> {
    return this.put(this.begun(row), CONDITIONS.begin());
  }

  /**
   * Begins the row of a call without a key, in whatever company. False when somebody has ended the call before its row was there.
   * @throws FleetError LEDGER_UNAVAILABLE
   */
  async begin(row: LedgerRow): Promise<boolean> {
    try {
      await this.table.append(this.begun(row));
      return true;
    } catch (error) {
      return error instanceof RowTaken ? false : refuse(error);
    }
  }

  /**
   * Claims a key whose row gives way. That row stays in the audit under its own call id. Resolves to undefined when the claim is
   * ours, else to the row that stands there now.
   * @param condition under which it does, see `claimable`
   * @throws FleetError LEDGER_UNAVAILABLE
   */
  async reclaim(row: LedgerRow, standing: LedgerRow, condition: WriteCondition): Promise<LedgerRow | undefined> {
    await this.put({ ...standing, pk: ownKey(standing) }, CONDITIONS.begin());
    return this.put(this.begun(row), condition);
  }

  /** Moves a row on. False when it is no longer ours to move. @throws FleetError LEDGER_UNAVAILABLE */
  async advance(row: LedgerRow, next: LedgerState, changes: Settlement, because?: string): Promise<boolean> {
    return this.update(row, CONDITIONS.advance(row, next), next, changes, because);
  }

  /** Notes that a call goes on as a task. False when it is no longer ours. @throws FleetError LEDGER_UNAVAILABLE */
  async keepOpen(row: LedgerRow, changes: Settlement): Promise<boolean> {
    return this.update(row, CONDITIONS.keepOpen(row), 'sent', changes, 'it goes on as a task');
  }

  /** Ends another's claim as `not_executed`. False when it has been sent since it was read. @throws FleetError LEDGER_UNAVAILABLE */
  async endUnsent(row: LedgerRow, changes: Settlement, because?: string): Promise<boolean> {
    return this.update(row, CONDITIONS.endUnsent(row), 'not_executed', changes, because);
  }

  /**
   * Ends a claim of our own whose write was not answered: nothing of it is sent. It may stand, or be on its way, or be lost; where no
   * row stands one takes its place, which the write that comes late will find.
   * @throws FleetError LEDGER_UNAVAILABLE
   */
  async retract(row: LedgerRow, changes: Settlement): Promise<void> {
    const ended: LedgerRow = { ...row, ...changes, state: 'not_executed' };
    const standing = await this.put(this.begun(ended), CONDITIONS.begin());
    if (standing === undefined) return;
    if (standing.fence === row.fence) await this.update(row, CONDITIONS.retract(row), 'not_executed', changes);
    // The key is another's; the audit has this call under its own id, where it had no key by the hand of who ended it.
    else if (row.pk !== ownKey(row)) await this.append({ ...ended, pk: ownKey(row) });
  }

  /** Writes that a conclusive read found nothing. False when the row is not unknown any more. @throws FleetError LEDGER_UNAVAILABLE */
  async notLanded(row: LedgerRow, changes: Settlement, because: string): Promise<boolean> {
    return this.update(row, CONDITIONS.notLanded(row), 'not_executed', changes, because);
  }

  /** Writes what a person says of an unknown outcome. False when it is not unknown any more. @throws FleetError LEDGER_UNAVAILABLE */
  async resolve(row: LedgerRow, { outcome, ...word }: PersonsWord): Promise<boolean> {
    return this.update(row, CONDITIONS.resolve(row), outcome, word, word.resolutionReason);
  }

  /** Writes a row that nobody else can ever claim: a read, a refusal. @throws FleetError LEDGER_UNAVAILABLE */
  async append(row: LedgerRow): Promise<void> {
    await this.table.append(this.begun(row)).catch(refuse);
  }

  /** @throws FleetError LEDGER_UNAVAILABLE */
  async read(pk: string): Promise<LedgerRow | undefined> {
    return this.table.read(pk).catch(refuse);
  }

  /** A row with its first event. */
  private begun(row: LedgerRow): LedgerRow {
    return { ...row, history: [this.event(row.state, row.reason)] };
  }

  private event(state: LedgerState, because?: string): LedgerEvent {
    return eventOf(state, this.writer.name, this.writer.now(), because);
  }

  private async update(
    row: LedgerRow,
    condition: WriteCondition,
    next: LedgerState,
    changes: Settlement | Omit<PersonsWord, 'outcome'>,
    because?: string,
  ): Promise<boolean> {
    const event = this.event(next, because ?? ('reason' in changes ? changes.reason : undefined));
    const done = await this.table.update(row, { condition, event, changes }).catch(refuse);
    return done || isWritten(await this.read(row.pk), row.fence, next);
  }

  private async put(row: LedgerRow, condition: WriteCondition): Promise<LedgerRow | undefined> {
    const refused = await this.table.put(row, condition).catch(refuse);
    if (refused === undefined) return undefined;
    const standing = refused.standing ?? (await this.read(row.pk));
    if (isWritten(standing, row.fence, row.state)) return undefined;
    return standing ?? refuse(new Error('neither written nor refused by what stands there'));
  }
}

/** @throws FleetError LEDGER_UNAVAILABLE */
function refuse(error: unknown): never {
  const refusal = new FleetError('LEDGER_UNAVAILABLE', {
    reason: error instanceof UnknownFormatError ? error.message : `the ledger table refused (${(error as Error).name})`,
  });
  throw Object.assign(refusal, { cause: error });
}

/** Whether a write was refused for what it is: it will be each time. */
export function isRefusedForGood(error: unknown): boolean {
  const { cause } = error as Error;
  return cause instanceof Error && ['ValidationException', 'RowTaken'].includes(cause.name);
}
