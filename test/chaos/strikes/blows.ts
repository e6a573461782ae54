import { type Fault, type FaultName, faultOf, type Moment } from '../faults';
import { Dice } from './dice';
import { Tally } from './tally';

/** A fault that is about to strike a call. */
export interface Blow {
  readonly name: FaultName;
  readonly fault: Fault;
  readonly reference: string;
  readonly dice: Dice;
}

/** The planned faults: each is taken once, at its moment, until the campaign ends. */
export class Blows {
  readonly tally = new Tally();
  isOver = false;
  private readonly taken = new Set<string>();

  /** @param planned fault that is planned for a call */
  constructor(
    private readonly seed: number,
    private readonly planned: (reference: string) => FaultName | undefined,
  ) {}

  take(moment: Moment, reference: string): Blow | undefined {
    const name = this.isOver || this.taken.has(reference) ? undefined : this.planned(reference);
    if (name === undefined || faultOf(name).moment !== moment) return undefined;
    this.taken.add(reference);
    return { name, fault: faultOf(name), reference, dice: new Dice(this.seed, reference) };
  }
}
