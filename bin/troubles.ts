import type { ServiceEvent, ServiceHealthy, ServiceTrouble } from '../local/local-account';

/** A trouble that is to be told. */
export interface Trouble extends ServiceTrouble {
  /** How often its service has had one since all was well, this one included. */
  readonly times: number;
  /** Since the first of them, in milliseconds. */
  readonly withinMs: number;
}

/** A service that has had troubles, which were told, is well again. */
export interface Recovery extends Pick<Trouble, 'service' | 'role' | 'server' | 'times' | 'withinMs'> {}

export interface TroubleTeller {
  trouble(trouble: Trouble): void;
  recovered(recovery: Recovery): void;
}

/** How often and how late troubles are told, in milliseconds. */
export const PACE = {
  /** Between the first and the second time that a service is told of; doubled with each more, up to the longest. */
  shortest: 10_000,
  longest: 60_000,
  /** It must stay healthy for so long before that is told; after several troubles for longer. */
  settled: 3000,
  settledAfterSeveral: 20_000,
  /** Troubles that are further apart are not counted together. */
  remembered: 90_000,
};

/** What is told of one service. */
interface Story {
  readonly firstAt: number;
  lastAt: number;
  times: number;
  /** Another trouble is not told before this moment, unless the last word was that all is well. */
  quietUntil: number;
  pause: number;
  /** Whether all is not well until the service says so. */
  ailing: boolean;
  settling?: NodeJS.Timeout;
}

/** Decides what is told of services that fail: the first time at once, then ever more seldom with how often it was; and the recovery once. */
export class Troubles {
  private readonly stories = new Map<string, Story>();
  private over = false;

  constructor(
    private readonly teller: TroubleTeller,
    private readonly pace: typeof PACE = PACE,
  ) {}

  readonly take = (event: ServiceEvent): void => {
    if (this.over) return;
    if (event.event === 'healthy') this.settle(event);
    else this.hear(event);
  };

  /** Nothing is told any more. */
  dispose(): void {
    this.over = true;
    for (const { settling } of this.stories.values()) clearTimeout(settling);
  }

  private hear(trouble: ServiceTrouble): void {
    const now = performance.now();
    const story = this.storyOf(trouble.service, now);
    clearTimeout(story.settling);
    story.lastAt = now;
    story.times++;
    story.ailing ||= trouble.event !== 'lost';
    if (now < story.quietUntil) return;
    story.quietUntil = now + story.pause;
    story.pause = Math.min(this.pace.longest, story.pause * 2);
    this.teller.trouble({ ...trouble, times: story.times, withinMs: Math.round(now - story.firstAt) });
  }

  private settle({ service, role, server }: ServiceHealthy): void {
    const story = this.stories.get(service);
    if (!story?.ailing) return;
    clearTimeout(story.settling);
    const tell = (): void => {
      const { times, firstAt } = story;
      story.ailing = false;
      story.quietUntil = 0;
      const withinMs = Math.round(performance.now() - firstAt);
      this.teller.recovered({ service, role, ...(server !== undefined && { server }), times, withinMs });
    };
    story.settling = setTimeout(tell, story.times > 1 ? this.pace.settledAfterSeveral : this.pace.settled);
    story.settling.unref();
  }

  private storyOf(service: string, now: number): Story {
    const known = this.stories.get(service);
    if (known !== undefined && (known.ailing || now - known.lastAt < this.pace.remembered)) return known;
    const begun: Story = { firstAt: now, lastAt: now, times: 0, quietUntil: 0, pause: this.pace.shortest, ailing: false };
    this.stories.set(service, begun);
    return begun;
  }
}
