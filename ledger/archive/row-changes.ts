/** Whether each row's changes are whole, and the table has what the newest of them has left. */

import type { LedgerRow } from '../row';
import type { Finding, Findings } from './finding';
import { Partitions } from './partitions';
import { imageHash, imageOf } from './record';
import type { PlacedRecord } from './verification';

/** What the archive knows of a row. */
export interface ArchivedRow {
  /** Hash of it after its newest change; absent where that removed it. */
  readonly image?: string | undefined;
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A row of which table and archive do not say the same. */
export interface DifferingRow {
  readonly pk: string;
  /** Hash of it in the table; absent where it is not there. */
  readonly image: string | undefined;
  readonly archived: ArchivedRow | undefined;
}

/** A change of a row, or the row as it stands in the table. */
type Line =
  | { readonly pk: string; readonly what: string; readonly before?: string | undefined; readonly archived: ArchivedRow }
  | { readonly pk: string; readonly image: string; readonly newest: number };

export class RowChanges {
  private readonly partitions = new Partitions();
  /** In the table. */
  rows = 0;
  /** Rows that nobody has touched since the archive began. */
  earlier = 0;

  addRow(row: LedgerRow): void {
    this.rows++;
    this.add({ pk: row.pk, image: imageHash(row), newest: newestOf(row) });
  }

  /** Changes come in the order of the chain. */
  addChange({ record, what }: PlacedRecord): void {
    const { pk, before, sequence, at } = record;
    this.add({ pk, what, before, archived: { image: imageOf(record), sequence, at } });
  }

  /**
   * What differs; gaps in a row's changes are noted.
   * @param whole whether the archive was read from its beginning
   * @param began when that was, in milliseconds since the epoch
   */
  compare(findings: Findings, whole: boolean, began: number): readonly DifferingRow[] {
    const differing: DifferingRow[] = [];
    for (const lines of this.partitions.parts()) differing.push(...this.compareSome(lines, findings, whole, began));
    return differing;
  }

  close(): void {
    this.partitions.close();
  }

  private add(line: Line): void {
    this.partitions.add(line.pk, JSON.stringify(line));
  }

  private compareSome(lines: readonly string[], findings: Findings, whole: boolean, began: number): readonly DifferingRow[] {
    const images = new Map<string, string>();
    const archived = new Map<string, ArchivedRow>();
    const untouched = new Set<string>();
    for (const text of lines) {
      const line = JSON.parse(text) as Line;
      if ('archived' in line) follow(line, archived, findings, whole);
      else {
        images.set(line.pk, line.image);
        if (line.newest < began) untouched.add(line.pk);
      }
    }
    for (const pk of untouched) {
      if (archived.has(pk)) continue;
      this.earlier++;
      images.delete(pk);
    }
    return [...new Set([...images.keys(), ...archived.keys()])]
      .map((pk) => ({ pk, image: images.get(pk), archived: archived.get(pk) }))
      .filter((row) => differenceOf(row) !== undefined);
  }
}

/** Each change of a row begins where the one before has left it. */
function follow(
  { pk, what, before, archived }: Extract<Line, { archived: unknown }>,
  rows: Map<string, ArchivedRow>,
  findings: Findings,
  whole: boolean,
): void {
  const known = rows.get(pk);
  if (known !== undefined && known.image !== before)
    findings.note('missing', `a change of the row ${pk} before ${what}`, `record ${known.sequence} has left it otherwise`);
  else if (known === undefined && before !== undefined && whole)
    findings.note('missing', `a change of the row ${pk} before ${what}`, 'the archive does not know how it began');
  rows.set(pk, archived);
}

/** What table and archive do not say alike of a row; undefined where they do. */
export function differenceOf({ pk, image, archived }: DifferingRow): Finding | undefined {
  if (image === archived?.image) return undefined;
  const what = `row ${pk}`;
  if (archived === undefined) return { fault: 'missing', what, why: 'it stands in the table, and no change of it in the archive' };
  const by = `record ${archived.sequence} of ${new Date(archived.at).toISOString()}`;
  if (image === undefined) return { fault: 'differs', what, why: `${by} has left it in the table, where it is not` };
  if (archived.image === undefined) return { fault: 'differs', what, why: `${by} says that it was removed, and it stands in the table` };
  return { fault: 'differs', what, why: `the table does not have it as ${by} says, the newest of it in the archive` };
}

/** When a row was changed last, by the clock of who did, in milliseconds since the epoch. */
export function newestOf({ history, claimedAt }: LedgerRow): number {
  return history?.at(-1)?.at ?? claimedAt;
}
