import { randomBytes } from 'node:crypto';
import type { Fleets } from '../fleets';
import type { Machinery } from '../machinery';
import type { RunningFleet } from '../running-fleet';
import { expireTokens } from './expired-tokens';
import {
  type CutOrder,
  ENDING_SIGNALS,
  type ExpireCertificatesOrder,
  FAULT_TIMES,
  type FaultOrder,
  type FaultRow,
  type KillOrder,
  type LoseZoneOrder,
  type PauseOrder,
  type SilenceOrder,
  type ThrottleOrder,
  type Victims,
} from './order';
import type { RequestRule } from './request-rules';
import { FaultTargets, noSuchFault } from './targets';

/** A fault that has begun: what it does in words, how much it has struck, and how it ends. */
interface Begun {
  readonly what: string;
  readonly struck: () => number;
  /** Absent for what is over as soon as it has struck. */
  readonly end?: () => void;
}

interface Active {
  readonly row: Omit<FaultRow, 'struck'>;
  readonly begun: Begun;
  readonly timer: NodeJS.Timeout;
}

const DAY_MS = 24 * 60 * 60_000;
/** No certificate lasts longer, in days (CA/Browser Forum, Baseline Requirements 6.3.2). */
const MOST_DAYS = 398;
/** Clocks differ. */
const A_WHILE_MS = 60_000;

/** What is made to fail in an account, by whoever runs it. Everything ends: by its time, by hand, and with the account. */
export class Faults {
  private readonly active = new Map<FaultRow['id'], Active>();
  private readonly rules = new Map<RequestRule['id'], RequestRule>();
  private readonly targets: FaultTargets;

  constructor(
    private readonly machinery: Machinery,
    fleets: Fleets,
    private readonly agent: (name: string) => { readonly fleet: RunningFleet; readonly subject: string },
  ) {
    this.targets = new FaultTargets(machinery, fleets);
  }

  /** Resolves when it strikes. @throws LocalAccountError NO_SUCH_FAULT for what there is not, or cannot be */
  async begin(order: FaultOrder): Promise<FaultRow> {
    const lasts = 'forMs' in order && order.forMs !== undefined ? order.forMs : FAULT_TIMES.usual;
    if (!(lasts >= 1_000 && lasts <= FAULT_TIMES.most))
      throw noSuchFault(`A fault lasts from 1 s to ${FAULT_TIMES.most / 60_000} min, and not ${lasts} ms.`);
    const id = randomBytes(3).toString('hex');
    const begun = await this.strike(id, order);
    const since = new Date();
    const row = { id, kind: order.kind, what: begun.what, since: since.toISOString() };
    if (begun.end === undefined) return { ...row, struck: begun.struck() };
    const until = new Date(since.getTime() + lasts).toISOString();
    const timer = setTimeout(() => this.end(id), lasts);
    timer.unref();
    this.active.set(id, { row: { ...row, until }, begun, timer });
    return { ...row, until, struck: begun.struck() };
  }

  /** Those that last, the oldest first. */
  list(): readonly FaultRow[] {
    return [...this.active.values()].map(({ row, begun }) => ({ ...row, struck: begun.struck() }));
  }

  /** Ends one fault, or all. @returns those that have ended @throws LocalAccountError NO_SUCH_FAULT for an id that none has */
  clear(id?: FaultRow['id']): readonly FaultRow[] {
    const ended = this.list().filter((row) => id === undefined || row.id === id);
    if (id !== undefined && ended.length === 0)
      throw noSuchFault(`No fault "${id}" lasts; there are ${[...this.active.keys()].join(', ') || 'none'}.`);
    for (const row of ended) this.end(row.id);
    return ended;
  }

  private end(id: FaultRow['id']): void {
    const { begun, timer } = this.active.get(id) ?? {};
    clearTimeout(timer);
    this.active.delete(id);
    begun?.end?.();
  }

  private strike(id: string, order: FaultOrder): Promise<Begun> | Begun {
    switch (order.kind) {
      case 'kill':
        return this.kill(order);
      case 'pause':
        return this.pause(order);
      case 'cut':
        return this.cut(id, order);
      case 'silence':
        return this.silence(id, order);
      case 'throttle':
        return this.throttle(id, order);
      case 'zone':
        return this.loseZone(order);
      case 'expire-token':
        return this.expireTokens(order.agent);
      case 'expire-certificate':
        return this.expireCertificates(order);
      default:
        throw noSuchFault(`There is no fault "${String(Reflect.get(order, 'kind'))}".`);
    }
  }

  private kill(order: KillOrder): Begun {
    const { signal = 'SIGKILL' } = order;
    if (!ENDING_SIGNALS.includes(signal)) throw noSuchFault(`${signal} does not kill; ${ENDING_SIGNALS.join(', ')} do.`);
    const victims = this.targets.containers(order);
    const struck = victims.filter((container) => container.signal(signal)).length;
    return { what: `${signal} to ${wordsOf(order)}`, struck: () => struck };
  }

  private pause(order: PauseOrder): Begun {
    const victims = this.targets.containers(order);
    const struck = victims.filter((container) => container.signal('SIGSTOP')).length;
    return {
      what: `${wordsOf(order)} stands still`,
      struck: () => struck,
      end: () => {
        for (const container of victims) container.signal('SIGCONT');
      },
    };
  }

  private cut(id: string, { from, to, refuse = false }: CutOrder): Begun {
    const what = `nothing passes from ${from} to ${to}${refuse ? ': connections are reset' : ''}`;
    const of = this.targets.findDependency(to);
    if (of !== undefined && from !== 'agents') return this.fail({ id, of, from, effect: refuse ? 'reset' : 'hang', share: 1 }, what);
    if (from === 'functions' || (from === 'agents') !== (to === 'gateway') || of !== undefined)
      throw noSuchFault(`There is no link from ${from} to ${to}; there are those ${this.targets.links()}.`);
    const groups = this.targets.service(to).settings.targets.map(({ group }) => group);
    const { cuts } = this.machinery;
    const cut = groups.find((group) => cuts.isCut(group));
    if (cut) throw noSuchFault(`The link from ${from} to ${to} is cut already; mcp-fleet fault clear mends it.`);
    let struck = 0;
    for (const group of groups) cuts.cut(group, refuse, () => struck++);
    return {
      what,
      struck: () => struck,
      end: () => {
        for (const group of groups) cuts.mend(group);
      },
    };
  }

  private silence(id: string, { what, answersOnly = false }: SilenceOrder): Begun {
    const words = answersOnly ? `${what} does what it is asked, and says nothing` : `${what} says nothing`;
    return this.fail({ id, of: this.targets.dependency(what), effect: answersOnly ? 'lose answer' : 'hang', share: 1 }, words);
  }

  private throttle(id: string, { what, share = 1 }: ThrottleOrder): Begun {
    if (!(share > 0 && share <= 1)) throw noSuchFault(`A share is above 0, up to 1, and not ${share}.`);
    const of = this.targets.dependency(what);
    if ('service' in of) throw noSuchFault('Secrets are not throttled; tables and functions are.');
    return this.fail({ id, of, effect: 'throttle', share }, `${what} throttles ${Math.round(share * 100)} % of its requests`);
  }

  private loseZone({ zone: name }: LoseZoneOrder): Begun {
    const zone = this.targets.zone(name);
    const { lostZones } = this.machinery.ecs;
    lostZones.add(zone);
    const victims = this.targets.tasksIn(zone).flatMap(({ containers }) => containers);
    const struck = victims.filter((container) => container.signal('SIGKILL')).length;
    const end = (): void => {
      lostZones.delete(zone);
      for (const service of this.machinery.services.values()) service.zoneReturned();
    };
    return { what: `the zone ${zone} is lost`, struck: () => struck, end };
  }

  private async expireTokens(agent: string): Promise<Begun> {
    const { fleet, subject } = this.agent(agent);
    const struck = await expireTokens(fleet, subject, this.machinery);
    return { what: `the tokens that ${agent} has are not believed any more`, struck: () => struck };
  }

  private async expireCertificates({ inDays = 0 }: ExpireCertificatesOrder): Promise<Begun> {
    const { certificates } = this.machinery;
    if (!(Number.isInteger(inDays) && inDays >= 0 && inDays <= MOST_DAYS))
      throw noSuchFault(`A certificate ends in 0 to ${MOST_DAYS} whole days, and not in ${inDays}.`);
    if (certificates.names.length === 0)
      throw noSuchFault('No load balancer here has a certificate: give the edge one, and its domainName.');
    if (inDays === 0 && certificates.shown === undefined)
      throw noSuchFault('Load balancers speak plain HTTP here, and nobody would notice: start the account with --tls.');
    if (this.list().some(({ kind }) => kind === 'expire-certificate'))
      throw noSuchFault('Certificates end already; mcp-fleet fault clear renews them.');
    await certificates.end(inDays === 0 ? Date.now() - A_WHILE_MS : Date.now() + (inDays + 0.5) * DAY_MS);
    return {
      what: inDays === 0 ? 'the certificates of load balancers have expired' : `the certificates of load balancers end in ${inDays} days`,
      struck: () => certificates.struck,
      end: () => certificates.renew(),
    };
  }

  /** Requests fail by a rule until it ends. */
  private fail(rule: RequestRule, what: string): Begun {
    this.rules.set(rule.id, rule);
    this.apply();
    return {
      what,
      struck: () => this.machinery.met.of(rule.id),
      end: () => {
        this.rules.delete(rule.id);
        this.apply();
      },
    };
  }

  private apply(): void {
    const rules = [...this.rules.values()];
    this.machinery.dynamodb.fail(rules.filter(({ of }) => 'table' in of));
    this.machinery.endpointFaults.set(rules.filter(({ of }) => !('table' in of)));
  }
}

function wordsOf({ task, server, all = false, container }: Victims): string {
  const one = task === undefined ? `${all ? 'every task' : 'a task'} of ${server ?? 'the gateway'}` : `task ${task}`;
  return container === undefined ? one : `${container} of ${one}`;
}
