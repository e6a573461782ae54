import { canConnect, HTTPS } from './connection';
import { judge, neededLinks } from './fleet-links';
import type { Network } from './network';
import type { LambdaFunction, Party, Tasks } from './parties';

/** What one program cannot connect to. */
export interface Refused {
  /** Listeners, as `Stack/LogicalId:port` of their load balancers. */
  readonly listeners: ReadonlySet<string>;
  /** Services of AWS by the ends of their endpoints' names, with the reason. */
  readonly services: ReadonlyMap<string, string>;
  /** Whether it has no way to the internet. */
  readonly internet: boolean;
}

/** What of a network is refused to those who live in it. */
export interface RefusedLinks {
  readonly programs: ReadonlyMap<string, Refused>;
  /** From a load balancer to its targets, by {@link leadKey}. */
  readonly leads: ReadonlySet<string>;
  /** Listeners at which agents knock in vain, as `Stack/LogicalId:port` of their load balancers. */
  readonly doors: ReadonlySet<string>;
  /** The same of those to which the link of an API does not lead. */
  readonly apiDoors: ReadonlySet<string>;
  /** Refused connections that are needed, each with its reason. */
  readonly told: readonly string[];
  /** What was taken as open because no template tells it. */
  readonly unknown: readonly string[];
}

/** Those with an address of their own in an environment (SDK, service-specific endpoints). */
export const ENDPOINT_NAMES: Readonly<Record<string, string>> = {
  dynamodb: 'DYNAMODB',
  ecs: 'ECS',
  lambda: 'LAMBDA',
  logs: 'CLOUDWATCH_LOGS',
  s3: 'S3',
  secretsmanager: 'SECRETS_MANAGER',
  sns: 'SNS',
  sqs: 'SQS',
  ssm: 'SSM',
  sts: 'STS',
};
/** Without these ECS starts no container: image, logs, and the secrets that it injects. */
const TO_START = ['ecr.api', 'ecr.dkr', 'logs', 's3', 'secretsmanager'];

export function leadKey(group: string, tasks: string, port: number): string {
  return `${group} ${tasks} ${port}`;
}

export function refusedLinks(network: Network): RefusedLinks {
  const needed = neededLinks(network).map((link) => ({ link, verdict: judge(network, link) }));
  const told = needed.filter(({ verdict }) => !verdict.open).map(({ link, verdict }) => `${link.name}: ${verdict.why}`);
  const links = new Set(network.parties.filter(({ kind }) => kind === 'VPC link').map(({ id }) => id));
  const shut = (isFrom: (id: string) => boolean): readonly string[] =>
    needed.filter(({ link, verdict }) => isFrom(link.from) && !verdict.open).flatMap(({ link }) => doorOf(link.to, network));
  const programs = network.parties.filter(isProgram).map((program) => [program.id, refusedTo(program, network)] as const);
  return {
    programs: new Map(programs),
    leads: new Set(closedLeads(network)),
    doors: new Set(shut((id) => id === 'agents')),
    apiDoors: new Set(shut((id) => links.has(id))),
    told,
    unknown: [...new Set(needed.flatMap(({ verdict }) => verdict.unknown))],
  };
}

/** Why ECS would start no container of some tasks; undefined where it does. */
export function refusalToStart({ services }: Refused, { asks }: Tasks): string | undefined {
  const missing = TO_START.find((service) => asks.includes(service) && services.has(service));
  return missing === undefined ? undefined : `ResourceInitializationError: ${missing} does not answer: ${services.get(missing)}`;
}

function doorOf(listener: string, { parties }: Network): readonly string[] {
  return parties.flatMap((party) => (party.kind === 'listener' && party.id === listener ? [`${party.balancer}:${party.port}`] : []));
}

function isProgram(party: Party): party is Tasks | LambdaFunction {
  return party.kind === 'tasks' || (party.kind === 'function' && party.place !== undefined);
}

function refusedTo(program: Tasks | LambdaFunction, network: Network): Refused {
  const listeners = network.parties.flatMap((party) => {
    if (party.kind !== 'listener' || canConnect(network, program, party, party.port).open) return [];
    return [`${party.balancer}:${party.port}`];
  });
  const services = [...new Set([...Object.keys(ENDPOINT_NAMES), ...TO_START])].flatMap((service) => {
    const { open, why } = canConnect(network, program, { kind: 'service', service }, HTTPS);
    return open ? [] : [[service, why] as const];
  });
  const internet = !canConnect(network, program, 'internet', HTTPS).open;
  return { listeners: new Set(listeners), services: new Map(services), internet };
}

function closedLeads(network: Network): readonly string[] {
  return network.parties.flatMap((party) => {
    if (party.kind !== 'listener') return [];
    return party.leadsTo.flatMap(({ group, tasks, port, healthPort }) => {
      const target = network.parties.find(({ id }) => id === tasks);
      if (target?.kind !== 'tasks') return [];
      const ports = [...new Set([port, healthPort])];
      return ports.filter((each) => !canConnect(network, party, target, each).open).map((each) => leadKey(group, tasks, each));
    });
  });
}
