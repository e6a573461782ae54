import { LocalAccountError, unsupported } from './account-error';
import type { CloudAssembly, Stack } from './assembly/cloud-assembly';
import type { Provisioning } from './provisioning';

/** Key of the template's Metadata under which a fleet describes itself. */
const METADATA = 'cdk-mcp-fleet';

/** What a fleet says of itself beside its resources. */
export interface FleetFacts {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly agents: Readonly<Record<string, { readonly subject: string }>>;
  readonly servers: readonly string[];
  readonly ledgerTable: string;
  readonly directoryTable: string;
  readonly allowlistTable: string;
  /** Where agents enter: logical id of the load balancer and port of its listener. */
  readonly edge: { readonly loadBalancer: string; readonly port: number };
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

/** @throws LocalAccountError unless the assembly holds exactly one fleet */
export function findFleet(assembly: CloudAssembly): FleetDescription {
  const fleets = assembly.stacks.flatMap((stack) => {
    const metadata = stack.template.Metadata?.[METADATA] as
      | { fleets?: Record<string, FleetDescription['facts'] & ConstructFacts> }
      | undefined;
    return Object.entries(metadata?.fleets ?? {}).map(([name, facts]) => ({ name, stack, path: facts.path, facts }));
  });
  const [fleet, ...others] = fleets;
  if (!fleet)
    throw new LocalAccountError(
      'INVALID_ASSEMBLY',
      `No stack of ${assembly.folder} holds a fleet (Metadata "${METADATA}"). Add an McpFleet to one.`,
    );
  if (others.length > 0) {
    throw unsupported([
      `${fleets.length} fleets (${fleets.map(({ name, stack }) => `${name} in ${stack.name}`).join(', ')}); it runs one at a time`,
    ]);
  }
  return fleet;
}

/** A fact alone, because the issuer is needed before the tables exist. */
export async function resolveFact<Name extends keyof FleetFacts>(
  fleet: FleetDescription,
  name: Name,
  provisioning: Provisioning,
): Promise<FleetFacts[Name]> {
  const path = `Metadata/${METADATA}/fleets/${fleet.name}/${name}`;
  return (await provisioning.resolve(fleet.stack, fleet.facts[name], path)) as FleetFacts[Name];
}

/** The edge, read before anything exists: it decides on which port a listener stands. */
export function edgeOf({ facts, name, stack }: FleetDescription): FleetFacts['edge'] {
  const { loadBalancer, port } = facts.edge as { loadBalancer?: unknown; port?: unknown };
  const logicalId = typeof loadBalancer === 'string' ? loadBalancer : (loadBalancer as { Ref?: string } | undefined)?.Ref;
  if (logicalId && stack.template.Resources[logicalId]) return { loadBalancer: logicalId, port: Number(port) };
  throw new LocalAccountError(
    'INVALID_ASSEMBLY',
    `The edge of fleet "${name}" names no load balancer of ${stack.name}: ${JSON.stringify(facts.edge)}.`,
  );
}
