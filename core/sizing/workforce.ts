import { type LoadProfile, shareAt, weightOfAgent } from './load-profile';
import { exponential, seeded } from './seeded';
import type { Timeline } from './timeline';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Spread of lognormal lengths (of their logarithm): the mean is 1.65 times the median, one in a hundred is over six times the mean. */
const SIGMA = 1;

/** A session that an agent wants. */
export interface Wanted {
  readonly agent: string;
  readonly weight: number;
  /** How long it needs it, in milliseconds. */
  readonly length: number;
  /** It was closed, or the agent has done without it for as long. */
  over(): void;
}

interface Agent {
  readonly number: number;
  readonly weight: number;
  /** Its own, so that what it does next is the same however long it had to wait. */
  readonly random: () => number;
  isBusy: boolean;
}

/** Agents that do one task after another while they are at work. */
export class Workforce {
  private readonly agents: readonly Agent[];

  constructor(
    private readonly profile: LoadProfile,
    private readonly time: Timeline,
    private readonly want: (session: Wanted) => void,
  ) {
    const { agents, seed } = profile;
    this.agents = Array.from({ length: agents }, (_, i) => ({
      number: i,
      weight: weightOfAgent(profile, i),
      random: seeded(seed + i * 7_919),
      isBusy: false,
    }));
  }

  /** Whoever comes to work within a minute comes at some moment of it. */
  start(): void {
    this.call();
    this.time.every(MINUTE, () => this.call());
  }

  private call(): void {
    const atWork = this.atWork(MINUTE);
    for (let i = 0; i < atWork; i++) {
      const agent = this.agents[i] as Agent;
      if (agent.isBusy) continue;
      agent.isBusy = true;
      this.time.in(agent.random() * MINUTE, () => this.begin(agent));
    }
  }

  /** How many are at work. @param ahead milliseconds from now */
  private atWork(ahead: number): number {
    return Math.round(this.agents.length * shareAt(this.profile, (this.time.now + ahead) / HOUR));
  }

  private begin(agent: Agent): void {
    const length = this.lengthFor(agent);
    let left = this.profile.sessionsPerTask;
    const over = (): void => {
      if (--left === 0) this.rest(agent);
    };
    for (let session = left; session > 0; session--) this.want({ agent: `agent-${agent.number}`, weight: agent.weight, length, over });
  }

  private rest(agent: Agent): void {
    const pause = exponential(agent.random, this.profile.pauseMinutes * MINUTE);
    this.time.in(pause, () => {
      if (agent.number < this.atWork(0)) this.begin(agent);
      else agent.isBusy = false;
    });
  }

  private lengthFor({ random }: Agent): number {
    const mean = this.profile.sessionMinutes * MINUTE;
    if (this.profile.sessionLengths === 'fixed') return mean;
    if (this.profile.sessionLengths === 'exponential') return exponential(random, mean);
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return mean * Math.exp(SIGMA * normal - SIGMA ** 2 / 2);
  }
}
