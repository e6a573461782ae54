import { FAULT_NAMES, type FaultName } from '../faults';

/** How often each fault struck, and how often it could not: its victim had gone, or its tier had not got over the last blow. */
export class Tally {
  private readonly struck = new Map<FaultName, number>();
  private readonly missed = new Map<FaultName, number>();

  count(name: FaultName, didStrike: boolean): void {
    const counts = didStrike ? this.struck : this.missed;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  get total(): number {
    return [...this.struck.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Every fault by name, also those that never struck. */
  all(): Readonly<Record<FaultName, { readonly struck: number; readonly missed: number }>> {
    const entries = FAULT_NAMES.map((name) => [name, { struck: this.struck.get(name) ?? 0, missed: this.missed.get(name) ?? 0 }]);
    return Object.fromEntries(entries) as ReturnType<Tally['all']>;
  }
}
