import { LocalAccountError } from './account-error';
import { addressText } from './assembly/template';
import { edgeOf, type FleetDescription, type FleetFacts, type Resolver, resolveFact } from './fleet-facts';
import type { LocalIssuer } from './identity/local-issuer';
import type { FleetInfo } from './local-account';
import type { Machinery } from './machinery';

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
  resolver: Resolver,
  machinery: Machinery,
): Promise<RunningFleet> {
  const fact = <Name extends keyof FleetFacts>(name: Name) => resolveFact(fleet, name, resolver);
  const subjects = await fact('agents');
  const archive = await fact('archiveBucket');
  const agentKeys = await fact('agentKeysTable');
  return {
    name: fleet.name,
    ...(fleet.path !== undefined && { path: fleet.path }),
    baseUrl: edgeUrl(machinery, fleet),
    issuer,
    audience: await fact('audience'),
    subjects,
    agents: Object.keys(subjects),
    servers: [...(await fact('servers')), ...fleet.listed.map(({ name }) => name)],
    tables: {
      ledger: await fact('ledgerTable'),
      directory: await fact('directoryTable'),
      allowlist: await fact('allowlistTable'),
      ...(agentKeys !== undefined && { agentKeys }),
    },
    ...(archive !== undefined && { archive }),
  };
}

function edgeUrl(machinery: Machinery, fleet: FleetDescription): string {
  const edge = edgeOf(fleet);
  const stack = fleet.stack.name;
  const api = [...machinery.apis.values()].find(({ address }) => address.stack === stack && address.logicalId === edge.api);
  const stage = api && machinery.stages.get(api.id);
  if (stage) return `http://127.0.0.1:${stage.port}`;
  if (edge.joins) {
    const door = [...machinery.listeners.values()].map((each) => each.doorOf(edge.domainName ?? '')).find((url) => url !== undefined);
    if (door !== undefined) return door;
  }
  const [arn] = [...machinery.loadBalancers].find(([, made]) => made.stack === stack && made.logicalId === edge.loadBalancer) ?? [];
  const listener = arn && machinery.listeners.get(`${arn.replace(':loadbalancer/', ':listener/')}/${edge.port}`);
  const door = addressText({ stack, logicalId: edge.loadBalancer });
  if (listener) return `${listener.scheme}://127.0.0.1:${machinery.ecs.links.door(door, edge.port, listener.port)}`;
  throw new LocalAccountError('INVALID_ASSEMBLY', `The edge ${edge.loadBalancer} of ${stack} has no listener on port ${edge.port}.`);
}
