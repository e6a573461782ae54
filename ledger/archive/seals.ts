import type { AgentKeys } from './agent-keys';
import type { Findings } from './finding';
import { imageHash } from './record';
import { type PlainRow, type SealedPart, unseal } from './sealed-row';
import type { PlacedRecord } from './verification';

/** Whether what is sealed can be read, and is what the record says of it; counts what was shredded. */
export class Seals {
  /** Records whose personal part nobody can read any more, by the word of who destroyed the key. */
  shredded = 0;

  constructor(
    private readonly keys: Pick<AgentKeys, 'find'> | undefined,
    private readonly findings: Findings,
  ) {}

  async check({ record, what }: PlacedRecord): Promise<void> {
    const { row, sealed } = record;
    if (row === undefined || sealed === undefined) return;
    const key = (await this.keys?.find(sealed.agent, sealed.key)) ?? 'missing';
    if (key === 'shredded') this.shredded++;
    else if (key === 'missing') {
      const why = `the key ${sealed.key} of the agent ${sealed.agent} is not in the table of keys, and nobody has said that it was shredded`;
      this.findings.note('unreadable', what, why);
    } else this.open(record.image, row, sealed, key, { record, what });
  }

  private open(image: string | undefined, row: PlainRow, sealed: SealedPart, key: Buffer, { record, what }: PlacedRecord): void {
    try {
      if (imageHash(unseal(row, record, sealed, key)) !== image)
        this.findings.note('edited', what, 'what is sealed in it is not what it says');
    } catch {
      this.findings.note('unreadable', what, `the key ${sealed.key} of the agent ${sealed.agent} in the table of keys does not open it`);
    }
  }
}
