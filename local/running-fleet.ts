import { LocalAccountError } from './account-error';
import { edgeOf, type FleetDescription, type FleetFacts, resolveFact } from './fleet-facts';
import type { LocalIssuer } from './identity/local-issuer';
import type { FleetInfo } from './local-account';
import type { Machinery } from './machinery';
import type { Provisioning } from './provisioning';

/** A fleet that serves. */
export interface RunningFleet extends FleetInfo {
  readonly issuer: LocalIssuer;
  readonly audience: readonly string[];
  readonly subjects: FleetFacts['agents'];
}

/** What is known of a fleet once its resources exist. */
export async function runningFleet(
  fleet: FleetDescription,
  issuer: LocalIssuer,
  provisioning: Provisioning,
  machinery: Machinery,
): Promise<RunningFleet> {
  const fact = <Name extends keyof FleetFacts>(name: Name) => resolveFact(fleet, name, provisioning);
  const subjects = await fact('agents');
  return {
    name: fleet.name,
    ...(fleet.path !== undefined && { path: fleet.path }),
    baseUrl: edgeUrl(machinery, fleet),
    issuer,
    audience: await fact('audience'),
    subjects,
    agents: Object.keys(subjects),
    servers: await fact('servers'),
    tables: { ledger: await fact('ledgerTable'), directory: await fact('directoryTable'), allowlist: await fact('allowlistTable') },
  };
}

/** Port on this machine for a listener: the edge of the first fleet takes the one that was asked for, the next ones those after it. */
export function edgePorts(fleets: readonly FleetDescription[], first: number): Machinery['portFor'] {
  const edges = fleets.map((fleet) => ({ stack: fleet.stack.name, ...edgeOf(fleet) }));
  return (stack, loadBalancer, port) => {
    const index = edges.findIndex((edge) => edge.stack === stack && edge.loadBalancer === loadBalancer && edge.port === port);
    return index === -1 || first === 0 ? 0 : first + index;
  };
}

function edgeUrl(machinery: Machinery, fleet: FleetDescription): string {
  const edge = edgeOf(fleet);
  const stack = fleet.stack.name;
  const [arn] = [...machinery.loadBalancers].find(([, made]) => made.stack === stack && made.logicalId === edge.loadBalancer) ?? [];
  const listener = arn && machinery.listeners.get(`${arn.replace(':loadbalancer/', ':listener/')}/${edge.port}`);
  if (listener) return `http://127.0.0.1:${listener.port}`;
  throw new LocalAccountError('INVALID_ASSEMBLY', `The edge ${edge.loadBalancer} of ${stack} has no listener on port ${edge.port}.`);
}
