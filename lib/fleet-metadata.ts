import { Lazy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ServerChecks } from '../core/server-checks';

/** Key of the template's Metadata section under which fleets describe themselves. */
const FLEETS_METADATA = 'cdk-mcp-fleet';

/** What the template's resources alone do not say about a fleet; read by the local account and the command line. */
export interface FleetFacts {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly agents: Readonly<Record<string, { readonly subject: string }>>;
  readonly servers: readonly string[];
  readonly ledgerTable: string;
  readonly directoryTable: string;
  readonly allowlistTable: string;
  /** Calls that the checks may make, by server; only of those that declare some. */
  readonly checks?: Readonly<Record<string, ServerChecks>>;
  readonly edge: { readonly loadBalancer: string; readonly port: number };
}

/** Writes a fleet's facts beside those of other fleets in the same stack. The facts are asked for at synth. */
export function describeFleet(scope: Construct, fleet: string, facts: () => FleetFacts): void {
  const options = Stack.of(scope).templateOptions;
  const others = (options.metadata?.[FLEETS_METADATA] as { fleets: object } | undefined)?.fleets;
  options.metadata = { ...options.metadata, [FLEETS_METADATA]: { fleets: { ...others, [fleet]: Lazy.any({ produce: facts }) } } };
}
