import type { Logger } from 'pino';
import { LOOK_MS, looksAtOnce, WATCH_MS } from '../../core/capacity/pace';
import { SLOTS_TEXT_LIMIT } from '../../core/capacity/slots-news';
import type { FleetConfig, ServerConfig } from '../../core/fleet-config';
import { SLOTS_PATH } from '../../core/headers';
import { Departure } from '../departure';
import { OWN_AGENT } from '../upstream/own-request';
import type { UpstreamResponse, Upstreams } from '../upstream/upstreams';
import type { Seats } from './seats';

/** Instances of one server that are listened to. */
const LISTENING_LIMIT = 256;
/** Longest wait for the head of such an answer, in milliseconds. */
const HEAD_MS = 3_000;

export interface LookoutParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly upstreams: Upstreams;
  readonly seats: Seats;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * Listens to the instances of servers that slots are needed of, each on one stream that its cookie leads to, so that a slot that
 * becomes free is heard of at once; and looks for new ones, without a cookie. An instance ends such a stream after a while: a stream
 * that does not find it again tells that the balancer sends nothing there any more.
 */
export class Lookout {
  private readonly streams = new Map<string, Set<string>>();
  private readonly lookedAt = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: LookoutParts,
    private readonly random: () => number = Math.random,
  ) {
    parts.seats.onDemand = (server) => this.watch(server);
  }

  start(): void {
    this.timer = setInterval(() => {
      for (const server of Object.keys(this.parts.config.servers)) if (this.parts.seats.inDemand(server)) this.watch(server);
    }, WATCH_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private watch(server: string): void {
    const { seats, now, config } = this.parts;
    const capacity = seats.of(server);
    const heard = this.heardOf(server);
    let known = 0;
    for (const { id, cookie } of capacity.known) {
      known++;
      if (!heard.has(id) && heard.size < LISTENING_LIMIT) this.listen(server, { id, cookie });
    }
    const lookedAt = this.lookedAt.get(server) ?? 0;
    if (capacity.waiting === 0 && !capacity.isOutdated && now() - lookedAt < LOOK_MS) return;
    this.lookedAt.set(server, now());
    const { scalesToZero } = config.servers[server] ?? {};
    // Where there may be none, several at once would only meet nobody several times.
    const looks = known === 0 && scalesToZero ? 1 : looksAtOnce(known, this.random);
    for (let left = looks; left > 0; left--) void this.look(server);
  }

  /** Asks whichever instance the balancer chooses; what one does not know yet is listened to, and may not be the only one. */
  private async look(server: string): Promise<void> {
    const response = await this.ask(server, undefined);
    const { instance } = response ?? {};
    if (response === undefined || instance === undefined) return;
    if (this.heardOf(server).has(instance)) {
      response.body.destroy();
      return;
    }
    void this.hear(server, instance, response);
    await this.look(server);
  }

  private listen(server: string, { id, cookie }: { readonly id: string; readonly cookie: string }): void {
    const heard = this.heardOf(server);
    heard.add(id);
    void this.ask(server, cookie).then((response) => {
      heard.delete(id);
      if (response?.instance !== id) this.parts.seats.of(server).forget(id);
      if (response?.instance === undefined) return;
      if (heard.has(response.instance)) response.body.destroy();
      else void this.hear(server, response.instance, response);
    });
  }

  /** Takes what an instance says until it says no more. */
  private async hear(server: string, id: string, { body, cookie }: UpstreamResponse): Promise<void> {
    const { seats, log } = this.parts;
    const heard = this.heardOf(server);
    heard.add(id);
    let line = '';
    try {
      await body.read((piece) => {
        const lines = (line + piece.toString('latin1')).split('\n');
        line = (lines.pop() as string).slice(0, SLOTS_TEXT_LIMIT);
        const latest = lines.at(-1);
        if (latest !== undefined) seats.hear(server, id, latest, cookie);
        return undefined;
      });
    } catch {
      log.info({ event: 'instance_lost_sight_of', server, instance: id });
      seats.of(server).forget(id);
    } finally {
      heard.delete(id);
    }
  }

  private async ask(server: string, route: string | undefined): Promise<UpstreamResponse | undefined> {
    const { upstreams, config } = this.parts;
    const departure = new Departure();
    const timer = setTimeout(() => departure.end(), HEAD_MS);
    try {
      return await upstreams.send(
        {
          server,
          serverConfig: config.servers[server] as ServerConfig,
          method: 'GET',
          path: SLOTS_PATH,
          headers: {},
          ...(route !== undefined && { route }),
          context: { agent: OWN_AGENT, server },
        },
        departure,
      );
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  private heardOf(server: string): Set<string> {
    const known = this.streams.get(server) ?? new Set();
    this.streams.set(server, known);
    return known;
  }
}
