import { DEFAULT_SESSION_BUDGET, FLEET_CONFIG_VARIABLE } from '../core/fleet-config';
import type { Template } from '../local/assembly/template';
import { textOf as sortedJson } from '../local/cloudformation/template-changes';
import type { DeclaredFleet, DeclaredGateway, DeclaredIdentity, NamedTemplate } from './declared';
import { described, isDescribed } from './described';
import { readAlarms, readLedger, readLogs } from './read-audit';
import { readEdge } from './read-edge';
import { readGrants } from './read-grants';
import { readGuests } from './read-guests';
import { permissionsOfTask, tableAccess } from './read-permissions';
import { readServer, scalingOf, sidecarsIn } from './read-server';
import { readTask } from './read-task';
import { type Container, containersOf, type Located, placeIn, referenceIn, refersTo, resourceOf, resourcesOf } from './resources';
import { shownUrl } from './shown';
import { documentOf, pathOf, textOf } from './symbolic';
import { listOf, type Members, membersOf, numberIn, ownMember, textIn } from './told';

interface GatewayAt {
  readonly config: Members;
  readonly container: Container;
}

/**
 * All fleets of some templates: those that describe themselves, and those of which only a gateway tells. After them, stack by stack, what teams
 * have in fleets of other stacks.
 */
export function readFleets(stacks: readonly NamedTemplate[]): readonly DeclaredFleet[] {
  const homes = stacks.flatMap(({ name: stack, template }) => {
    const facts = described(template)?.fleets ?? {};
    const gateways = gatewaysIn(template);
    const names = new Set([...Object.keys(facts), ...gateways.keys()]);
    return [...names].map((name) => readFleet({ name, stack, template }, membersOf(ownMember(facts, name)), gateways.get(name)));
  });
  return [...homes, ...stacks.flatMap((stack) => readGuests(stack, homes))];
}

/** Stacks whose description of their fleets this version cannot read. */
export function unreadableIn(stacks: readonly NamedTemplate[]): readonly string[] {
  return stacks.filter(({ template }) => isDescribed(template) && described(template) === undefined).map(({ name }) => name);
}

function gatewaysIn(template: Template): ReadonlyMap<string, GatewayAt> {
  const found = containersOf(template).flatMap((container): [string, GatewayAt][] => {
    const config = membersOf(documentOf(container.environment.get(FLEET_CONFIG_VARIABLE)));
    const name = textIn(config?.fleet);
    return config && name !== undefined ? [[name, { config, container }]] : [];
  });
  return new Map(found);
}

type Place = Pick<DeclaredFleet, 'name' | 'stack' | 'template'>;

function readFleet(place: Place, facts: Members | undefined, gateway: GatewayAt | undefined): DeclaredFleet {
  const { name, template } = place;
  const config = gateway?.config;
  const path = textIn(facts?.path) ?? pathBehind(template, facts, gateway);
  const tables = (['ledgerTable', 'directoryTable', 'allowlistTable'] as const).map((table) => tableOf(facts?.[table] ?? config?.[table]));
  const sidecars = sidecarsIn(template).filter(({ fleet }) => fleet === name);
  const listed = Object.keys(membersOf(ownMember(described(template)?.servers, name)) ?? {});
  const taskRoles = [gateway?.container.task, ...sidecars.map(({ container }) => container.task)].map((task) =>
    referenceIn(task?.properties.TaskRoleArn),
  );
  const own = sidecars.filter(({ server }) => !listed.includes(server));
  const servers = readServers(template, facts, config, own);
  const placeOf = (resource: Located) => placeIn(path, resource);
  return {
    ...place,
    isHome: true,
    path,
    identity: readIdentity(facts, membersOf(config?.identity)),
    agents: readAgents(facts),
    granted: readGrants(template, { path, allowlist: tables[2] }),
    edge: readEdge(template, facts?.edge, textIn(config?.serversTlsName)),
    gateway: gateway && readGateway(template, gateway),
    servers,
    ledger: readLedger(template, tables[0]),
    logs: readLogs(template, placeOf),
    alarms: readAlarms(template, { name, isHome: true, placeOf, servers: servers.keys() }),
    tableAccess: tableAccess(template, known(tables), taskRoles),
  };
}

function readServers(
  template: Template,
  facts: Members | undefined,
  config: Members | undefined,
  sidecars: ReturnType<typeof sidecarsIn>,
): DeclaredFleet['servers'] {
  const configs = membersOf(config?.servers);
  const checks = membersOf(facts?.checks);
  const names = new Set([
    ...known((listOf(facts?.servers) ?? []).map(textIn)),
    ...Object.keys(configs ?? {}),
    ...sidecars.map(({ server }) => server),
  ]);
  return new Map(
    [...names].map((name) => {
      const sidecar = sidecars.find(({ server }) => server === name);
      const declared = ownMember(checks, name);
      const told = declared === undefined ? '' : sortedJson(declared);
      return [name, readServer(template, name, { config: membersOf(ownMember(configs, name)), sidecar, checks: told })];
    }),
  );
}

function readIdentity(facts: Members | undefined, config: Members | undefined): DeclaredIdentity {
  const issuer = config?.issuer ?? facts?.issuer;
  const audience = listOf(config?.audience ?? facts?.audience);
  return {
    ...(issuer !== undefined && { issuer: shownUrl(textOf(issuer)) }),
    ...(audience !== undefined && { audience: audience.map(textOf) }),
    ...(config !== undefined && {
      audienceClaim: textOf(config.audienceClaim),
      jwksUri: config.jwksUri === undefined ? 'those that the issuer names' : shownUrl(textOf(config.jwksUri)),
    }),
  };
}

function readAgents(facts: Members | undefined): ReadonlyMap<string, string> | undefined {
  const agents = membersOf(facts?.agents);
  return agents && new Map(Object.entries(agents).map(([name, agent]) => [name, textOf(membersOf(agent)?.subject)]));
}

function readGateway(template: Template, { config, container }: GatewayAt): DeclaredGateway {
  const service = resourcesOf(template, 'AWS::ECS::Service').find(({ properties }) =>
    refersTo(properties.TaskDefinition, container.task.id),
  );
  const keys = new Set([
    config.sealKeySecret,
    ...Object.values(membersOf(config.servers) ?? {}).map((server) => membersOf(server)?.sidecarKeySecret),
  ]);
  return {
    replicas: replicasOf(template, service),
    task: readTask(container),
    // That it reads the keys which the fleet has made for it follows from the servers that there are.
    permissions: permissionsOfTask(template, container.task).filter(({ resource }) => !keys.has(resource)),
    keyLifetimeSeconds: numberIn(config.keyLifetimeSeconds),
    sessionBudget: budgetOf(config),
    allowedOrigins: listOf(config.allowedOrigins)?.map(textOf),
    sealKey: textIn(config.sealKeySecret),
  };
}

function budgetOf({ sessionBudget }: Members): string {
  const { perTask, perAgent } = membersOf(sessionBudget) ?? { ...DEFAULT_SESSION_BUDGET };
  return `${perTask} of a task${perAgent === undefined ? '' : `, ${perAgent} of an agent`}`;
}

/** Their number, or between which they scale. */
function replicasOf(template: Template, service: Located | undefined): string {
  const scaling = service && scalingOf(template, service.id);
  return scaling ? `${scaling.min} to ${scaling.max}` : textOf(service?.properties.DesiredCount);
}

/** Path of a fleet whose template does not tell it: that of what stands right below it. */
function pathBehind(template: Template, facts: Members | undefined, gateway: GatewayAt | undefined): string | undefined {
  const table = resourceOf(template, tableOf(facts?.ledgerTable ?? gateway?.config.ledgerTable));
  return pathOf(table?.resource.Metadata)?.replace(/\/[^/]+$/, '');
}

/** Logical id of a table, from a reference or from the text that stands for one. */
function tableOf(value: unknown): string | undefined {
  return /^<([A-Za-z0-9]+)/.exec(textOf(value))?.[1];
}

function known(values: readonly (string | undefined)[]): readonly string[] {
  return values.filter((value) => value !== undefined);
}
