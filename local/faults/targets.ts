import { LocalAccountError } from '../account-error';
import type { Container } from '../ecs/container';
import type { Service } from '../ecs/service';
import type { Task } from '../ecs/task';
import type { Fleets } from '../fleets';
import type { Machinery } from '../machinery';
import type { Victims } from './order';
import type { RequestRule } from './request-rules';

/** What faults of an account may name. */
export class FaultTargets {
  constructor(
    private readonly machinery: Machinery,
    private readonly fleets: Fleets,
  ) {}

  /** @throws LocalAccountError NO_SUCH_FAULT that says what there is */
  containers({ task, server, gateway, all, container }: Victims): readonly Container[] {
    if ([task, server, gateway || undefined].filter((one) => one !== undefined).length !== 1)
      throw noSuchFault('Name exactly one of a task, a server and the gateway.');
    const tasks = task === undefined ? this.tasksOf(server ?? 'gateway') : [this.task(task)];
    const victims = (all ? tasks : tasks.slice(0, 1)).flatMap(({ containers }) => containers).filter(({ pid }) => pid !== undefined);
    const named = victims.filter(({ name }) => container === undefined || name === container);
    if (named.length > 0) return named;
    const names = [...new Set(victims.map(({ name }) => name))].join(', ') || 'none';
    throw noSuchFault(container === undefined ? 'Nothing of it runs now.' : `No container "${container}" of it runs; it has ${names}.`);
  }

  /** @param name of a server, or `gateway` */
  service(name: string): Service {
    const found = this.services.find((service) => nameOf(service) === name);
    if (found) return found;
    throw noSuchFault(`There is no server "${name}" that runs here; there are ${this.services.map(nameOf).join(', ')}.`);
  }

  /** A zone in which tasks of the account may be. */
  zone(name: string): string {
    const zones = [...new Set(this.services.flatMap(({ settings }) => settings.zones))].sort();
    const zone = zones.find((one) => one === name || (name.length === 1 && one.endsWith(name)));
    if (zone === undefined) throw noSuchFault(`There is no zone "${name}"; tasks are in ${zones.join(', ')}.`);
    const { lostZones } = this.machinery.ecs;
    const stranded = this.services.find(({ settings }) => settings.zones.every((one) => one === zone || lostZones.has(one)));
    if (stranded) throw noSuchFault(`With ${zone}, ${nameOf(stranded)} has no zone left: lose at most all but one.`);
    return zone;
  }

  tasksIn(zone: string): readonly Task[] {
    return this.tasks.filter((task) => task.zone === zone);
  }

  /** What requests to AWS are about. @throws LocalAccountError NO_SUCH_FAULT that says what there is */
  dependency(name: string): RequestRule['of'] {
    const found = this.findDependency(name);
    if (found) return found;
    throw noSuchFault(`There is no "${name}"; there are ${this.dependencyNames().join(', ')}.`);
  }

  /** The same; undefined for what none of them is called. */
  findDependency(name: string): RequestRule['of'] | undefined {
    const tables = this.tableNames();
    const table = tables[name] ?? Object.values(tables).find((one) => one === name);
    if (table !== undefined) return { table };
    if (name === 'secrets') return { service: 'secretsmanager' };
    const fn = name === 'authorizer' ? this.authorizer() : this.functionNames().find((one) => one === name);
    return fn === undefined ? undefined : { function: fn };
  }

  /** Every link that can be cut, in words. */
  links(): string {
    const dependencies = this.dependencyNames().join(', ');
    const servers = this.services.map(nameOf).filter((name) => name !== 'gateway');
    return `from agents to gateway; from gateway to ${servers.join(', ')}, ${dependencies}; from functions to ${dependencies}`;
  }

  private dependencyNames(): readonly string[] {
    return [...Object.keys(this.tableNames()), 'authorizer', 'secrets', ...this.functionNames()];
  }

  private functionNames(): readonly string[] {
    return this.machinery.functions.all().map(({ settings }) => settings.name);
  }

  /** Of the first fleet by their roles, of every other one by role and fleet. */
  private tableNames(): Readonly<Record<string, string>> {
    const named = this.fleets.running.flatMap(({ name: fleet, tables }, i) =>
      Object.entries(tables).map(([role, table]) => [i === 0 ? role : `${fleet}/${role}`, String(table)]),
    );
    return Object.fromEntries(named);
  }

  /** The one that the gateway's own configuration names. */
  private authorizer(): string | undefined {
    const gateway = this.services.find((service) => nameOf(service) === 'gateway');
    const settings = gateway?.settings.definition.containers.flatMap(({ properties }) => properties.Environment ?? []) ?? [];
    const named = settings.map(({ Value }) => /"authorizerFunction":"([^"]+)"/.exec(String(Value))?.[1]).find((one) => one !== undefined);
    return this.functionNames().find((name) => named === name || named?.endsWith(`:function:${name}`));
  }

  private task(id: string): Task {
    const [found, ...others] = this.tasks.filter((task) => task.id.startsWith(id));
    if (found && others.length === 0 && id !== '') return found;
    const ids = this.tasks.map((task) => task.id.slice(0, 8)).join(', ');
    throw noSuchFault(`${found ? 'Several tasks begin' : 'No task begins'} with "${id}"; there are ${ids}.`);
  }

  private tasksOf(name: string): readonly Task[] {
    return this.service(name).tasks.filter(({ containers }) => containers.some(({ pid }) => pid !== undefined));
  }

  private get tasks(): readonly Task[] {
    return this.services.flatMap(({ tasks }) => tasks);
  }

  private get services(): readonly Service[] {
    return [...this.machinery.services.values()];
  }
}

function nameOf({ settings: { definition, name } }: Service): string {
  return definition.containers.some(({ role }) => role === 'gateway') ? 'gateway' : (definition.server ?? name);
}

export function noSuchFault(message: string): LocalAccountError {
  return new LocalAccountError('NO_SUCH_FAULT', message);
}
