import { type AwsRequest, PASSES, type Passage } from '../links/aws-link';
import type { Blow, Blows } from './blows';
import type { Processes } from './processes';

/** A worker that stands still is killed after this many milliseconds: it has the invocation by then, and has not ended it. */
const KILLED_AFTER_MS = 100;

/** Strikes at invocations of the authorizer: gateways remember its decisions, so blows wait for the next one. */
export class AuthorizerStriker {
  private readonly waiting: Blow[] = [];

  constructor(
    private readonly blows: Blows,
    private readonly processes: Processes,
  ) {}

  await(blow: Blow): void {
    this.waiting.push(blow);
  }

  /** What becomes of a request at the authorizer's link. */
  treat({ path }: AwsRequest): Passage {
    const blow = path.includes('/invocations') && !this.blows.isOver ? this.waiting.shift() : undefined;
    if (blow?.fault.act.kind !== 'authorizer') return PASSES;
    const { how } = blow.fault.act;
    if (how !== 'lose reply') return { ...PASSES, before: () => this.strikeWorkers(blow, how) };
    this.blows.tally.count(blow.name, true);
    return { done: true, replied: false };
  }

  private async strikeWorkers({ name, dice }: Blow, how: 'kill' | 'pause'): Promise<void> {
    const pids = await this.processes.authorizers();
    this.blows.tally.count(name, pids.length > 0);
    this.processes.signal(pids, 'SIGSTOP');
    if (how === 'kill') setTimeout(() => this.processes.signal(pids, 'SIGKILL'), KILLED_AFTER_MS);
    else setTimeout(() => this.processes.signal(pids, 'SIGCONT'), dice.pause());
  }
}
