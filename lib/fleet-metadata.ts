import { CfnOutput, Lazy, Stack, Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type FleetPlace, PLACE_DESCRIPTION } from '../core/fleet-place';
import type { ServerChecks } from '../core/server-checks';
import { refuse } from './problems';

/** Key of the template's Metadata section under which fleets describe themselves. */
const FLEETS_METADATA = 'cdk-mcp-fleet';

/** What the template's resources alone do not say about a fleet; read by the local account and the command line. */
export interface FleetFacts {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly agents: Readonly<Record<string, { readonly subject: string }>>;
  readonly servers: readonly string[];
  readonly ledgerTable: string;
  readonly archiveBucket: string;
  readonly agentKeysTable: string;
  readonly directoryTable: string;
  readonly allowlistTable: string;
  /** Logical ids of roles that may say what became of a call, as far as they are in the fleet's own stack. */
  readonly operators?: readonly string[];
  /** Calls that the checks may make, by server; only of those that declare some. */
  readonly checks?: Readonly<Record<string, ServerChecks>>;
  /**
   * Logical ids; of an API where one stands before the load balancer. Where agents enter by a listener of the company, its ARN, and the load
   * balancer is that of the servers.
   */
  readonly edge: {
    readonly api?: string;
    readonly listener?: string;
    readonly loadBalancer: string;
    readonly port: number;
    readonly domainName?: string;
  };
}

/** The fleets of each stage by environment and name. */
const PLACES = new WeakMap<Construct, Map<string, string>>();

/** A name is a dimension of every metric and the key under which a fleet describes itself: two of one name would be one. */
export function refuseNameTwice(scope: Construct, fleet: string): void {
  const stage = Stage.of(scope) ?? scope.node.root;
  const places = PLACES.get(stage as Construct) ?? new Map<string, string>();
  PLACES.set(stage as Construct, places);
  const key = `${Stack.of(scope).environment} ${fleet}`;
  const first = places.get(key);
  if (first !== undefined) {
    const allowed = 'each name once in an environment';
    const fix = `The fleet ${first} has it: give this one another, or leave fleetName out, or give their stacks an env each.`;
    refuse(scope, [{ what: 'fleetName', got: fleet, allowed, fix }]);
  }
  places.set(key, scope.node.path);
}

/** Writes a fleet's facts beside those of other fleets in the same stack. The facts are asked for at synth. */
export function describeFleet(scope: Construct, fleet: string, facts: () => FleetFacts): void {
  const produce = () => ({ ...facts(), path: scope.node.path });
  const options = Stack.of(scope).templateOptions;
  const others = (options.metadata?.[FLEETS_METADATA] as { fleets: object } | undefined)?.fleets;
  options.metadata = { ...options.metadata, [FLEETS_METADATA]: { fleets: { ...others, [fleet]: Lazy.any({ produce }) } } };
}

/** Says in an output of the stack where its fleet is, for the commands of operators. */
export function tellPlace(scope: Construct, place: FleetPlace): void {
  new CfnOutput(scope, 'Place', { value: Stack.of(scope).toJsonString(place), description: PLACE_DESCRIPTION });
}
