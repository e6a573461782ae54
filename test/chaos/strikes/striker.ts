import type { BankWatch, Transfer } from '../bank';
import type { Act, Leg, Moment } from '../faults';
import type { AwsLink } from '../links/aws-link';
import type { CutAnswer, Treatment, Wire } from '../links/wire';
import { AuthorizerStriker } from './authorizer-striker';
import type { Blow, Blows } from './blows';
import { LedgerStriker } from './ledger-striker';
import type { Processes } from './processes';

/** What stands between the parts of a fleet. */
export interface Links {
  readonly client: readonly Wire[];
  /** Ways to load balancers: only the servers' one is gone by gateways. */
  readonly server: readonly Wire[];
  readonly ledger: AwsLink;
  readonly authorizer: AwsLink;
}

/** Lets the planned faults strike: at the legs, at the bank, and by its parts at the AWS endpoints. */
export class Striker implements BankWatch {
  readonly ledger: LedgerStriker;
  readonly authorizer: AuthorizerStriker;
  /** Set once they stand. */
  links: Links | undefined;

  /** @param onAnswerCut told of each answer that was cut on the client's leg */
  constructor(
    private readonly blows: Blows,
    private readonly processes: Processes,
    private readonly onAnswerCut: (reference: string, seen: CutAnswer) => void,
  ) {
    this.ledger = new LedgerStriker(blows, processes);
    this.authorizer = new AuthorizerStriker(blows, processes);
  }

  /** What becomes of a request at a leg. */
  async treat(leg: Leg, reference: string): Promise<Treatment> {
    const blow = this.blows.take(leg === 'client' ? 'asked' : 'forwarded', reference);
    if (blow === undefined) return { kind: 'pass' };
    const { act } = blow.fault;
    if (act.kind === 'cut answer') {
      const onCut = (seen: CutAnswer): void => this.noteCut(blow, leg, seen);
      return { kind: 'cut answer', position: blow.dice.cutPosition(act.behind), onCut };
    }
    if (act.kind === 'cut' || act.kind === 'delay') {
      this.blows.tally.count(blow.name, true);
      return act.kind === 'cut' ? { kind: 'cut' } : { kind: 'delay', milliseconds: blow.dice.delay() };
    }
    await this.strike(blow);
    return { kind: 'pass' };
  }

  async received(transfer: Transfer): Promise<void> {
    await this.strikeAt('received', transfer);
  }

  async executed(transfer: Transfer): Promise<void> {
    await this.strikeAt('executed', transfer);
  }

  private async strikeAt(moment: Moment, { reference, task }: Transfer): Promise<void> {
    const blow = this.blows.take(moment, reference);
    if (blow !== undefined) await this.strike(blow, task);
  }

  /** @param task ECS task that has the call, where one has */
  private async strike(blow: Blow, task?: string): Promise<void> {
    const { act } = blow.fault;
    if (act.kind === 'authorizer') return this.authorizer.await(blow);
    if (act.kind === 'cut') return this.noteCut(blow, act.leg, this.cut(act.leg, blow.reference));
    this.blows.tally.count(blow.name, await this.didStrike(act, blow, task));
  }

  private async didStrike(act: Act, { reference, dice }: Blow, task: string | undefined): Promise<boolean> {
    if (act.kind === 'endpoint') return this.links?.[act.link][act.how](dice.outage(act)) ?? false;
    if (act.kind === 'stall') {
      const milliseconds = dice.stall();
      return this.links?.[act.leg].some((wire) => wire.stall(reference, milliseconds)) ?? false;
    }
    if (act.kind !== 'kill' && act.kind !== 'pause') return false;
    const where = act.victim === 'gateway' ? this.ledger.writes.owners.get(reference) : task;
    return where !== undefined && (await this.processes.strike(act.kind, act.victim, where, dice.pause()));
  }

  private cut(leg: Leg, reference: string): CutAnswer | undefined {
    return this.links?.[leg].map((wire) => wire.cut(reference)).find((seen) => seen !== undefined);
  }

  private noteCut({ name, reference }: Blow, leg: Leg, seen: CutAnswer | undefined): void {
    this.blows.tally.count(name, seen !== undefined);
    if (leg === 'client' && seen !== undefined) this.onAnswerCut(reference, seen);
  }
}
