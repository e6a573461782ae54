import type { BankWatch, Transfer } from '../bank';
import { type Fault, type FaultName, faultOf, type Leg, type Moment } from '../faults';
import { type AwsLink, type AwsRequest, PASSES, type Passage } from '../links/aws-link';
import { type LedgerWrite, LedgerWrites } from '../links/ledger-write';
import type { CutAnswer, Treatment, Wire } from '../links/wire';
import { Dice } from './dice';
import type { Processes } from './processes';
import { Tally } from './tally';

/** What stands between the parts of a fleet. */
export interface Links {
  readonly client: readonly Wire[];
  /** Ways to load balancers: only the servers' one is gone by gateways. */
  readonly server: readonly Wire[];
  readonly ledger: AwsLink;
  readonly authorizer: AwsLink;
}

export interface StrikerSettings {
  readonly seed: number;
  /** Fault that is planned for a call. */
  readonly planned: (reference: string) => FaultName | undefined;
  readonly processes: Processes;
  /** Told of each answer that was cut on the client's leg. */
  readonly onAnswerCut: (reference: string, seen: CutAnswer) => void;
}

interface Blow {
  readonly name: FaultName;
  readonly fault: Fault;
  readonly reference: string;
  readonly dice: Dice;
}

/** Lets each planned fault strike its call once, at its moment. */
export class Striker implements BankWatch {
  readonly tally = new Tally();
  readonly writes = new LedgerWrites();
  /** Set once they stand. */
  links: Links | undefined;
  private readonly taken = new Set<string>();
  /** Blows that wait for the next invocation of the authorizer. */
  private readonly waiting: Blow[] = [];
  private calm = false;

  constructor(private readonly settings: StrikerSettings) {}

  /** No fault strikes from now on. */
  end(): void {
    this.calm = true;
  }

  /** A request at a leg. */
  async treat(leg: Leg, reference: string): Promise<Treatment> {
    const blow = this.take(leg === 'client' ? 'asked' : 'forwarded', reference);
    if (blow === undefined) return { kind: 'pass' };
    const { act } = blow.fault;
    if (act.kind === 'cut answer') {
      const onCut = (seen: CutAnswer): void => this.noteCut(blow, leg, seen);
      return { kind: 'cut answer', position: blow.dice.cutPosition(act.behind), onCut };
    }
    if (act.kind !== 'cut' && act.kind !== 'delay') {
      await this.strike(blow, undefined);
      return { kind: 'pass' };
    }
    this.tally.count(blow.name, true);
    return act.kind === 'cut' ? { kind: 'cut' } : { kind: 'delay', milliseconds: blow.dice.delay() };
  }

  async received(transfer: Transfer): Promise<void> {
    await this.strikeAt('received', transfer);
  }

  async executed(transfer: Transfer): Promise<void> {
    await this.strikeAt('executed', transfer);
  }

  /** A request at the ledger's link. */
  treatWrite(request: AwsRequest): Passage {
    const write = this.writes.read(request);
    const blow = write && this.take(write.kind, write.reference);
    return write === undefined || blow === undefined ? (this.stillRefused(write) ?? PASSES) : this.passageOf(write, blow);
  }

  /** A request at the authorizer's link. */
  treatInvocation({ path }: AwsRequest): Passage {
    const blow = path.includes('/invocations') && !this.calm ? this.waiting.shift() : undefined;
    if (blow?.fault.act.kind !== 'authorizer') return PASSES;
    const { how } = blow.fault.act;
    if (how === 'lose reply') {
      this.tally.count(blow.name, true);
      return { done: true, replied: false };
    }
    void this.strikeAuthorizer(blow, how);
    return PASSES;
  }

  private readonly refused = new Set<string>();

  private stillRefused(write: LedgerWrite | undefined): Passage | undefined {
    return write !== undefined && !this.calm && this.refused.has(nameOf(write)) ? { done: false, replied: false } : undefined;
  }

  private passageOf(write: LedgerWrite, blow: Blow): Passage {
    const { act } = blow.fault;
    if (act.kind === 'kill at write') {
      const kill = async (): Promise<void> => {
        this.tally.count(blow.name, await this.settings.processes.strike('kill', 'gateway', write.owner, 0));
      };
      return act.done ? { done: true, after: kill, replied: false } : { before: kill, done: false, replied: false };
    }
    if (act.kind !== 'write') return PASSES;
    this.tally.count(blow.name, true);
    if (act.how === 'refuse always') this.refused.add(nameOf(write));
    if (act.how === 'delay') {
      const late = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, blow.dice.stall()));
      return { before: late, done: true, replied: true };
    }
    return { done: act.how === 'lose reply', replied: false };
  }

  private async strikeAt(moment: Moment, transfer: Transfer): Promise<void> {
    const blow = this.take(moment, transfer.reference);
    if (blow !== undefined) await this.strike(blow, transfer);
  }

  private async strike(blow: Blow, transfer: Transfer | undefined): Promise<void> {
    const { act } = blow.fault;
    const { links, settings } = this;
    if (links === undefined) return;
    const milliseconds = blow.dice.stall();
    if (act.kind === 'authorizer') this.waiting.push(blow);
    if (act.kind === 'endpoint') this.tally.count(blow.name, links[act.link][act.how](blow.dice.outage(act)));
    if (act.kind === 'stall')
      this.tally.count(
        blow.name,
        links[act.leg].some((wire) => wire.stall(blow.reference, milliseconds)),
      );
    if (act.kind === 'cut') this.noteCut(blow, act.leg, links[act.leg].map((wire) => wire.cut(blow.reference)).find(Boolean));
    if (act.kind === 'kill' || act.kind === 'pause') {
      const where = act.victim === 'gateway' ? this.writes.owners.get(blow.reference) : transfer?.task;
      const didStrike = where !== undefined && (await settings.processes.strike(act.kind, act.victim, where, blow.dice.pause()));
      this.tally.count(blow.name, didStrike);
    }
  }

  private async strikeAuthorizer({ name, dice }: Blow, how: 'kill' | 'pause'): Promise<void> {
    const { processes } = this.settings;
    const pids = await processes.authorizers();
    this.tally.count(name, pids.length > 0);
    if (how === 'kill') processes.signal(pids, 'SIGKILL');
    else await processes.pause(pids, dice.pause());
  }

  private noteCut({ name, reference }: Blow, leg: Leg, seen: CutAnswer | undefined): void {
    this.tally.count(name, seen !== undefined);
    if (leg === 'client' && seen !== undefined) this.settings.onAnswerCut(reference, seen);
  }

  private take(moment: Moment, reference: string): Blow | undefined {
    const name = this.calm || this.taken.has(reference) ? undefined : this.settings.planned(reference);
    if (name === undefined || faultOf(name).moment !== moment) return undefined;
    this.taken.add(reference);
    return { name, fault: faultOf(name), reference, dice: new Dice(this.settings.seed, reference) };
  }
}

/** One write of one owner: another replica's write of the same kind is another one. */
function nameOf({ kind, reference, owner }: LedgerWrite): string {
  return `${kind} ${reference} ${owner}`;
}
