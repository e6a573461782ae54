import { LocalAccountError, unsupported } from './account-error';
import type { CloudAssembly, Stack } from './assembly/cloud-assembly';

/** Key of the template's Metadata under which a fleet describes itself. */
const METADATA = 'cdk-mcp-fleet';

/** What a fleet says of itself beside its resources. */
export interface FleetFacts {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly agents: Readonly<Record<string, { readonly subject: string }>>;
  readonly servers: readonly string[];
  readonly ledgerTable: string;
  /** Absent in a fleet of a version that archives nothing. */
  readonly archiveBucket?: string;
  /** The same of one that has no key per agent. */
  readonly agentKeysTable?: string;
  readonly directoryTable: string;
  readonly allowlistTable: string;
  /** Where agents enter: logical ids of the API, if any, and the load balancer, port of its listener, and the host name that they know it by, if any. */
  readonly edge: Edge;
}

export interface Edge {
  readonly api?: string;
  /** Whether they enter by a listener of the company, under its host name; the load balancer is then that of the servers. */
  readonly joins?: boolean;
  readonly loadBalancer: string;
  readonly port: number;
  readonly domainName?: string;
}

/** Facts of the fleet's construct rather than of what runs. */
interface ConstructFacts {
  /** Path of the fleet's construct, under which its own resources stand. */
  readonly path?: string;
}

/** The one fleet of an assembly, unresolved. */
export interface FleetDescription {
  readonly name: string;
  readonly stack: Stack;
  /** Path of its construct; undefined where the assembly tells none. */
  readonly path: string | undefined;
  readonly facts: Readonly<Record<keyof FleetFacts, unknown>>;
}

/**
 * The fleets of an assembly, in the order of its stacks.
 * @param only name or construct path of the one that is wanted
 * @throws LocalAccountError when there is none, or two have one name
 */
export function findFleets(assembly: CloudAssembly, only?: string): readonly [FleetDescription, ...FleetDescription[]] {
  const all = fleetsOf(assembly);
  const [fleet, ...others] = only === undefined ? all : all.filter(({ name, path }) => name === only || path === only);
  if (fleet) {
    refuseTwins([fleet, ...others]);
    return [fleet, ...others];
  }
  const message =
    all.length === 0
      ? `No stack of ${assembly.folder} holds a fleet (Metadata "${METADATA}"). Add an McpFleet to one.`
      : `There is no fleet "${only}" in ${assembly.folder}; allowed with --fleet: ${all.map(({ name, path }) => path ?? name).join(', ')}.`;
  throw new LocalAccountError('INVALID_ASSEMBLY', message);
}

export function fleetsOf({ stacks }: Pick<CloudAssembly, 'stacks'>): readonly FleetDescription[] {
  return stacks.flatMap(fleetsIn);
}

function fleetsIn(stack: Stack): readonly FleetDescription[] {
  const metadata = stack.template.Metadata?.[METADATA] as
    | { fleets?: Record<string, FleetDescription['facts'] & ConstructFacts> }
    | undefined;
  return Object.entries(metadata?.fleets ?? {}).map(([name, facts]) => ({ name, stack, path: facts.path, facts }));
}

/** Stages for test and production hold the same fleet; on one machine a name is an address. */
export function refuseTwins(fleets: readonly FleetDescription[]): void {
  const twin = fleets.find(({ name }, i) => fleets.findIndex((other) => other.name === name) !== i);
  if (twin === undefined) return;
  const places = fleets.filter(({ name }) => name === twin.name).map(({ path, stack }) => path ?? stack.name);
  throw unsupported([`${places.length} fleets of the name "${twin.name}" (${places.join(', ')}); run one of them: --fleet ${places[0]}`]);
}

/** Where a fact's references are resolved. */
export interface Resolver {
  resolve(stack: Stack, value: unknown, path: string): Promise<unknown>;
}

/** A fact alone, because the issuer is needed before the tables exist. */
export async function resolveFact<Name extends keyof FleetFacts>(
  fleet: FleetDescription,
  name: Name,
  resolver: Resolver,
): Promise<FleetFacts[Name]> {
  const path = `Metadata/${METADATA}/fleets/${fleet.name}/${name}`;
  return (await resolver.resolve(fleet.stack, fleet.facts[name], path)) as FleetFacts[Name];
}

/** The edge, read before anything exists: it decides on which port a listener stands. */
export function edgeOf({ facts, name, stack }: FleetDescription): Edge {
  const { api, listener, loadBalancer, port, domainName } = facts.edge as Readonly<Record<string, unknown>>;
  const logicalId = typeof loadBalancer === 'string' ? loadBalancer : (loadBalancer as { Ref?: string } | undefined)?.Ref;
  if (logicalId && stack.template.Resources[logicalId]) {
    return {
      ...(typeof api === 'string' && { api }),
      ...(listener !== undefined && { joins: true }),
      loadBalancer: logicalId,
      port: Number(port),
      ...(typeof domainName === 'string' && { domainName }),
    };
  }
  throw new LocalAccountError(
    'INVALID_ASSEMBLY',
    `The edge of fleet "${name}" names no load balancer of ${stack.name}: ${JSON.stringify(facts.edge)}.`,
  );
}
