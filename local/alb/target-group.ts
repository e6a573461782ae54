import { buildConnector, Pool } from 'undici';
import { checkHealth, type Health, type HealthChecks } from './health-check';
import { Stickiness } from './stickiness';
import type { TargetGroupSettings } from './target-group-settings';

/** One registered target: a port on loopback that stands for the address of an ECS task. */
export interface Target {
  /** Identity inside the group, as the stickiness cookie carries it. */
  readonly id: string;
  readonly port: number;
  /** Where it stands, where that is known. */
  readonly zone?: string;
  readonly pool: Pool;
  health: Health;
  draining: boolean;
  /** Requests that wait for their whole answer. */
  inFlight: number;
  /** What goes on between it and clients. */
  readonly exchanges: Set<Stallable>;
}

/** An exchange of which nothing passes while it is stalled. */
export interface Stallable {
  stall(): void;
  goOn(): void;
}

/** What a request is sent to, and the cookies of its answer. */
export interface Choice {
  readonly target: Target;
  readonly setCookies: readonly string[];
}

/** Where a connection to a port of this machine is opened, asked for each: where nobody answers, when none may come about. */
export type Way = (port: number) => number;

/** How a target is come to. */
export interface Lead {
  /** Default: straight. */
  readonly way?: Way;
  /** Availability zone that it stands in. */
  readonly zone?: string;
}

/**
 * A target that lets nobody in has this long, in milliseconds; then it is a 504 ("HTTP 504: Gateway timeout"). Where TLS is spoken it
 * encrypts, and nobody asks who has signed the certificate of a target.
 */
const CONNECT = buildConnector({ timeout: 10_000, rejectUnauthorized: false });

/** Heads of answers that are read, so that they can be judged, in bytes. */
const HEADS = 256 * 1024;

interface Registration {
  readonly target: Target;
  readonly healthPort: number;
  readonly way: Way;
  readonly changed: (health: Health) => void;
  checks: HealthChecks;
}

export class TargetGroup {
  private readonly targets = new Map<string, Registration>();
  private stickiness: Stickiness | undefined;
  private turn = 0;

  constructor(private current: TargetGroupSettings) {
    this.configure(current);
  }

  get settings(): TargetGroupSettings {
    return this.current;
  }

  /** From now on, also for targets that are registered. Cookies that were given keep their target. */
  configure(settings: TargetGroupSettings): void {
    const { stickinessSeconds } = settings;
    this.current = settings;
    if (stickinessSeconds === undefined) this.stickiness = undefined;
    else if (this.stickiness) this.stickiness.durationSeconds = stickinessSeconds;
    else this.stickiness = new Stickiness(stickinessSeconds);
    for (const registration of this.targets.values()) {
      registration.checks.stop();
      if (!registration.target.draining) registration.checks = this.check(registration);
    }
  }

  /**
   * @param healthPort where it is asked for its health
   * @param changed told when the target becomes healthy or unhealthy
   */
  register(
    id: string,
    port: number,
    healthPort: number,
    changed: (health: Health) => void,
    { way = (straight) => straight, zone }: Lead = {},
  ): Target {
    const connect: buildConnector.connector = (to, done) => CONNECT({ ...to, port: String(way(port)) }, done);
    const pool = new Pool(`${this.settings.scheme}://127.0.0.1:${port}`, {
      connections: null,
      pipelining: 1,
      keepAliveTimeout: 60_000,
      connect,
      maxHeaderSize: HEADS,
    });
    const target: Target = {
      id,
      port,
      ...(zone !== undefined && { zone }),
      pool,
      health: 'initial',
      draining: false,
      inFlight: 0,
      exchanges: new Set(),
    };
    const registration = { target, healthPort, way, changed };
    this.targets.set(id, { ...registration, checks: this.check(registration) });
    return target;
  }

  private check({ target, healthPort, way, changed }: Omit<Registration, 'checks'>): HealthChecks {
    return checkHealth(
      () => way(healthPort),
      this.settings.healthCheck,
      (health) => {
        target.health = health;
        changed(health);
      },
      target.health,
    );
  }

  /**
   * No new request from now on, with or without a cookie. Resolves when none is in flight, at the latest after the
   * deregistration delay.
   * @param limitMs a shorter delay, as when the whole account stops
   */
  async deregister(id: string, limitMs = Number.POSITIVE_INFINITY): Promise<void> {
    const entry = this.targets.get(id);
    if (!entry) return;
    const { target, checks } = entry;
    target.draining = true;
    checks.stop();
    await drained(target, Math.min(limitMs, this.settings.deregistrationDelaySeconds * 1000));
    this.targets.delete(id);
    void target.pool.destroy();
  }

  /** What a target has answered when it was last asked for its health, for people. */
  lastAnswer(id: string): string | undefined {
    return this.targets.get(id)?.checks.lastAnswer?.said;
  }

  all(): Target[] {
    return [...this.targets.values()].map(({ target }) => target);
  }

  /** The target for a request; undefined when there is none to send it to. */
  choose(cookieHeader: string | undefined): Choice | undefined {
    const candidates = this.candidates();
    const bound = this.stickiness?.targetOf(cookieHeader);
    const target = candidates.find(({ id }) => id === bound) ?? this.pick(candidates);
    return target && { target, setCookies: this.stickiness?.cookiesFor(target.id) ?? [] };
  }

  /** Healthy targets; where every one has failed its checks, all of them (the load balancer "fails open"). */
  private candidates(): Target[] {
    const registered = this.all().filter(({ draining }) => !draining);
    const healthy = registered.filter(({ health }) => health === 'healthy');
    return healthy.length > 0 ? healthy : registered.filter(({ health }) => health === 'unhealthy');
  }

  private pick(candidates: readonly Target[]): Target | undefined {
    const inTurn = candidates[this.turn++ % candidates.length];
    if (this.settings.algorithm === 'round_robin' || !inTurn) return inTurn;
    return candidates.reduce((least, target) => (target.inFlight < least.inFlight ? target : least), inTurn);
  }
}

async function drained(target: Target, limitMs: number): Promise<void> {
  const end = Date.now() + limitMs;
  while (target.inFlight > 0 && Date.now() < end) await new Promise((next) => setTimeout(next, 20));
}
