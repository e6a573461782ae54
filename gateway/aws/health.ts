import type { Logger } from 'pino';
import type { Sightings } from '../../core/sightings';
import { RegularLook } from '../regular-look';
import type { Breaker } from './breaker';
import { type OwnFault, ownFault } from './own-fault';
import type { SightingsBoard } from './sightings';

/** How often a replica looks at its dependencies, in milliseconds; each look is one write and one invocation. */
export const LOOK_MS = 10_000;
/** Looks back over which others must have been seen: three spans, each as long as every replica takes to be seen once. */
const READINGS = 4;
/** Sightings by others in that time; a single one may be our own write, done and not heard of. */
const ENOUGH = 2;
/** Looks in a row that must find a fault: none leaves for a moment's trouble. */
const LOOKS = 2;

interface HealthParts {
  readonly tables: Pick<Breaker, 'standing'>;
  readonly authorizer: Pick<Breaker, 'standing'>;
  readonly board: SightingsBoard;
  /** Whether a connection to the servers' load balancer stands. */
  readonly reachServers: () => Promise<boolean>;
  readonly log: Logger;
}

/**
 * Whether this replica belongs into the balancer. It looks by itself, also without traffic: one that has left would else never
 * learn that its dependencies are back.
 */
export class Health {
  private readings: Sightings[] = [];
  private faulty = 0;
  private current: OwnFault | undefined;
  private readonly regular = new RegularLook(LOOK_MS, async () => this.judge(await this.gather()));

  constructor(private readonly parts: HealthParts) {}

  /** Why this replica should get no requests; undefined while it may. */
  get fault(): OwnFault | undefined {
    return this.current;
  }

  start(): void {
    this.regular.start();
  }

  look(): Promise<void> {
    return this.regular.now();
  }

  /** Tries both dependencies, and hears from either how the others fare. */
  private async gather(): Promise<OwnFault | undefined> {
    const { tables, authorizer, board, reachServers } = this.parts;
    const asked = await heard(board.ask());
    // Who does not reach the tables must not count as one who does, even by a write whose answer it does not hear.
    const told = await heard(tables.standing === 'serving' ? board.report(asked !== undefined) : board.read());
    const [ours, others] = [tables.standing, authorizer.standing];
    this.note(ours === 'serving' && others === 'serving' ? undefined : (told ?? asked));
    const serversReached = ours === 'serving' || others === 'serving' || (await reachServers());
    const othersReach = { tables: this.grew('tables'), authorizer: this.grew('authorizer') };
    return ownFault({ tables: ours, authorizer: others, othersReach, serversReached });
  }

  /** @param reading undefined where nothing is missed, or nobody can tell: then the counting begins anew */
  private note(reading: Sightings | undefined): void {
    this.readings = reading === undefined ? [] : [...this.readings, reading].slice(-READINGS);
  }

  private grew(name: keyof Sightings): boolean {
    const [oldest, newest] = [this.readings[0], this.readings.at(-1)];
    return oldest !== undefined && newest !== undefined && newest[name] - oldest[name] >= ENOUGH;
  }

  private judge(fault: OwnFault | undefined): void {
    this.faulty = fault === undefined ? 0 : this.faulty + 1;
    const next = this.faulty >= LOOKS ? fault : undefined;
    if (next !== this.current)
      this.parts.log.warn({ event: next === undefined ? 'replica_back' : 'replica_leaves', fault: next ?? this.current });
    this.current = next;
  }
}

async function heard<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch(() => undefined);
}
