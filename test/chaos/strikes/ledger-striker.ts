import { setTimeout as delay } from 'node:timers/promises';
import { type AwsRequest, PASSES, type Passage } from '../links/aws-link';
import { type LedgerWrite, LedgerWrites } from '../links/ledger-write';
import type { Blow, Blows } from './blows';
import type { Processes } from './processes';

const NOT_DONE: Passage = { done: false, replied: false };

/** Strikes at the ledger's writes. */
export class LedgerStriker {
  readonly writes = new LedgerWrites();
  /** Writes that are refused however often the SDK sends them. */
  private readonly refused = new Set<string>();

  constructor(
    private readonly blows: Blows,
    private readonly processes: Processes,
  ) {}

  /** What becomes of a request at the ledger's link. */
  treat(request: AwsRequest): Passage {
    const writes = this.writes.read(request);
    if (this.blows.isOver) return PASSES;
    if (writes.some((write) => this.refused.has(nameOf(write)))) return NOT_DONE;
    for (const write of writes) {
      const blow = write.kinds.map((kind) => this.blows.take(kind, write.reference)).find((taken) => taken !== undefined);
      if (blow !== undefined) return this.passageOf(write, blow);
    }
    return PASSES;
  }

  private passageOf(write: LedgerWrite, { fault: { act }, name, dice }: Blow): Passage {
    const { tally } = this.blows;
    if (act.kind === 'kill at write') {
      const kill = async (): Promise<void> => tally.count(name, await this.processes.strike('kill', 'gateway', write.owner, 0));
      return act.done ? { done: true, after: kill, replied: false } : { ...NOT_DONE, before: kill };
    }
    if (act.kind !== 'write') return PASSES;
    tally.count(name, true);
    if (act.how === 'refuse always') this.refused.add(nameOf(write));
    if (act.how === 'delay') return { ...PASSES, before: () => delay(dice.stall()) };
    return act.how === 'lose reply' ? { done: true, replied: false } : NOT_DONE;
  }
}

/** One write of one claim: when the call is claimed again, it is another one. */
function nameOf({ kinds, fence }: LedgerWrite): string {
  return `${kinds} ${fence}`;
}
