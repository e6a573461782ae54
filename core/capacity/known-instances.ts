import type { SlotsNews } from './slots-news';

/** One instance as a gateway knows it. */
export interface KnownInstance {
  /** ECS task id. */
  readonly id: string;
  /** Stickiness cookie that leads to it; the load balancer gives a new one with each answer. */
  cookie: string;
  news: SlotsNews;
  /** Requests that this gateway has on their way to a slot there, and that the news do not know of. */
  readonly coming: Set<Coming>;
  /** Until then, in milliseconds since the epoch, nothing new is begun there: it could not open what it had room for. */
  shunnedUntil: number;
}

/** A request on its way to a slot. */
export interface Coming {
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** So long after it was sent, in milliseconds, a request is in what its instance says of its slots, whether it has been answered or not. */
const ARRIVES_MS = 25;

/** Of so many instances with room the emptiest is taken. More of them would send every gateway to the same one. */
const CHOICES = 6;

/** What one gateway knows of the instances of one server. */
export class KnownInstances {
  private readonly known = new Map<string, KnownInstance>();

  get all(): Iterable<KnownInstance> {
    return this.known.values();
  }

  get size(): number {
    return this.known.size;
  }

  get(id: string): KnownInstance | undefined {
    return this.known.get(id);
  }

  /**
   * @param now milliseconds since the epoch
   * @param cookie absent where the answer set none: then the one that is known stays. An instance that cannot be addressed is not known.
   */
  hear(id: string, news: SlotsNews, now: number, cookie?: string): void {
    const instance = this.known.get(id);
    if (instance !== undefined) {
      instance.news = news;
      for (const coming of instance.coming) if (coming.since <= now - ARRIVES_MS) instance.coming.delete(coming);
      if (cookie !== undefined) instance.cookie = cookie;
    } else if (cookie !== undefined) {
      this.known.set(id, { id, cookie, news, coming: new Set(), shunnedUntil: 0 });
    }
  }

  forget(id: string): void {
    this.known.delete(id);
  }

  /** Whether one is known that no deployment takes the place of. */
  get hasCurrent(): boolean {
    for (const { news } of this.known.values()) if (news.state === 'open') return true;
    return false;
  }

  /** @param now milliseconds since the epoch */
  hasRoom(now: number): boolean {
    return this.roomy(now).length > 0;
  }

  /**
   * One that has room: the least utilised of a few at random, so that gateways with the same news do not choose the same.
   * @param random from 0 to below 1
   * @param now milliseconds since the epoch
   */
  choose(random: () => number, now: number): KnownInstance | undefined {
    const roomy = this.roomy(now);
    let best: KnownInstance | undefined;
    for (let choice = 0; choice < CHOICES && roomy.length > 0; choice++) {
      const at = Math.floor(random() * roomy.length);
      const instance = roomy[at] as KnownInstance;
      roomy[at] = roomy.at(-1) as KnownInstance;
      roomy.pop();
      if (best === undefined || utilisation(instance) < utilisation(best)) best = instance;
    }
    return best;
  }

  /** Those with room; outdated ones only where no other is known, be it full. */
  private roomy(now: number): KnownInstance[] {
    const state = this.hasCurrent ? 'open' : 'outdated';
    const roomy: KnownInstance[] = [];
    for (const instance of this.known.values()) if (instance.news.state === state && hasRoom(instance, now)) roomy.push(instance);
    return roomy;
  }
}

function hasRoom({ news, coming, shunnedUntil }: KnownInstance, now: number): boolean {
  return news.inUse + coming.size < news.capacity && shunnedUntil <= now;
}

function utilisation({ news, coming }: KnownInstance): number {
  return (news.inUse + coming.size) / news.capacity;
}
