import type { Stack } from '../assembly/cloud-assembly';
import type { StandIns } from '../stand-ins';
import { BlackHole } from './black-hole';
import { type Network, readNetwork } from './network';
import { ENDPOINT_NAMES, leadKey, type RefusedLinks, refusalToStart, refusedLinks } from './refused-links';

const GENERIC = 'AWS_ENDPOINT_URL';
const NOTHING: RefusedLinks = { programs: new Map(), leads: new Set(), doors: new Set(), apiDoors: new Set(), told: [], unknown: [] };
/** Of what is unknown so many are told by name. */
const TOLD = 3;

/**
 * The links between programs of an account, open or not as the templates say that stand now. Everything is on loopback here, where nobody
 * can be told from anybody else by an address: so whoever may not connect is given the address of a {@link BlackHole} in place of the real
 * one, and a load balancer connects there in place of a target that does not let it in.
 */
export class Links {
  private network: Network | undefined;
  private refused = NOTHING;
  private hole: BlackHole | undefined;
  /** Of listeners and of what stands for the internet: ports of this machine that programs are told. */
  private readonly listeners = new Map<string, number>();
  private readonly internet = new Set<number>();

  /** @param tell of links that are needed and refused, and of what is taken as open */
  constructor(private readonly tell: (text: string) => void = () => {}) {}

  /** Reads what the templates of the account say from now on. Programs that run keep the addresses that they were given. */
  async learn(stacks: readonly Stack[], standIns: StandIns): Promise<void> {
    this.network = readNetwork(stacks, standIns);
    const before = this.refused;
    const after = refusedLinks(this.network);
    const isAny = after.leads.size + after.doors.size + after.apiDoors.size > 0 || [...after.programs.values()].some(isRefused);
    if (isAny) this.hole ??= await BlackHole.open();
    this.refused = after;
    for (const text of after.told) if (!before.told.includes(text)) this.tell(`refused, as on AWS: ${text}`);
    const unknown = after.unknown.filter((text) => !before.unknown.includes(text));
    if (unknown.length > 0) this.tell(`taken as open, for no template tells it: ${shortened(unknown)}`);
  }

  /** @param balancer `Stack/LogicalId` @param local port of this machine by which programs know it */
  addListener(balancer: string, port: number, local: number): void {
    this.listeners.set(`${balancer}:${port}`, local);
  }

  /** A port of this machine that stands for a host of the internet. */
  addInternet(local: number): void {
    this.internet.add(local);
  }

  /** The environment of a program, with addresses at which nobody answers in place of those that it cannot reach. */
  seenBy(program: string, environment: Readonly<Record<string, string>>): Record<string, string> {
    const refused = this.refused.programs.get(program);
    if (refused === undefined || this.hole === undefined || !isRefused(refused)) return { ...environment };
    const ports = new Set([...refused.listeners].flatMap((key) => this.listeners.get(key) ?? []));
    if (refused.internet) for (const port of this.internet) ports.add(port);
    const nowhere = `127.0.0.1:${this.hole.port}`;
    const seen = Object.entries(environment).map(([name, value]) => [name, withoutPorts(value, ports, nowhere)]);
    return Object.fromEntries([...seen, ...endpointsFor(refused, environment, nowhere)]);
  }

  /** Port of this machine at which a load balancer reaches a port of tasks in one of its target groups. */
  toTarget(group: string, tasks: string, port: number, local: number): number {
    return this.hole !== undefined && this.refused.leads.has(leadKey(group, tasks, port)) ? this.hole.port : local;
  }

  /** Port at which agents come to a listener, or, through its link, an API does. @param balancer `Stack/LogicalId` */
  door(balancer: string, port: number, local: number, by: 'agents' | 'API' = 'agents'): number {
    const shut = by === 'API' ? this.refused.apiDoors : this.refused.doors;
    return this.hole !== undefined && shut.has(`${balancer}:${port}`) ? this.hole.port : local;
  }

  /** Why ECS could start no container of a service; undefined where it can. */
  refusalToStart(service: string): string | undefined {
    const tasks = this.network?.parties.find(({ id }) => id === service);
    const refused = this.refused.programs.get(service);
    return tasks?.kind === 'tasks' && refused !== undefined ? refusalToStart(refused, tasks) : undefined;
  }

  async stop(): Promise<void> {
    await this.hole?.close();
  }
}

function isRefused({
  listeners,
  services,
  internet,
}: {
  listeners: { size: number };
  services: { size: number };
  internet: boolean;
}): boolean {
  return listeners.size > 0 || services.size > 0 || internet;
}

function withoutPorts(value: string, ports: ReadonlySet<number>, nowhere: string): string {
  return value.replaceAll(/127\.0\.0\.1:(\d+)\b/g, (whole, port: string) => (ports.has(Number(port)) ? nowhere : whole));
}

/** Each service that is refused has an address of its own; with no way to the internet all others have none, but for those with an endpoint. */
function endpointsFor(
  { services, internet }: { readonly services: ReadonlyMap<string, string>; readonly internet: boolean },
  environment: Readonly<Record<string, string>>,
  nowhere: string,
): readonly (readonly [string, string])[] {
  const generic = environment[GENERIC];
  if (generic === undefined) return [];
  const own = Object.entries(ENDPOINT_NAMES).map(([service, name]) => {
    const variable = `${GENERIC}_${name}`;
    return [variable, services.has(service) ? `http://${nowhere}` : (environment[variable] ?? generic)] as const;
  });
  return internet ? [...own, [GENERIC, `http://${nowhere}`]] : own.filter(([name, url]) => url !== (environment[name] ?? generic));
}

function shortened(texts: readonly string[]): string {
  const more = texts.length - TOLD;
  return `${texts.slice(0, TOLD).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
