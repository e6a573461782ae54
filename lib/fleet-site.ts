import type { Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Agent } from '../core/agent';
import type { FleetParts } from './fleet-parts';
import type { Problem } from './problems';
import type { AddServerProps } from './server-props';

/** A fleet that servers of other stacks stand in: one of the same app, or one that another app has deployed. */
export interface IMcpFleet extends IConstruct {
  /** The `Fleet` dimension of its metrics. */
  readonly fleetName: string;
  /** @internal */
  readonly _site: FleetSite;
}

/** What a server in another stack is told of its fleet. Nothing of the fleet refers to it: its stack depends on the fleet's, and not the other way. */
export interface FleetSite {
  readonly parts: FleetParts;
  readonly serversAccessId: string;
  /** ARNs of the function that writes the allowlist and the list of servers, and of its role. */
  readonly sync: { readonly functionArn: string; readonly roleArn: string };
  /** ARN of the function that rotates keys. */
  readonly rotatorArn: string;
  readonly keyRotation: Duration;
  /** `iss` of the agents' access tokens. */
  readonly issuer: string;
  /** By the name that `addAgent` gave it; undefined where nobody can tell. */
  agentOf(name: string): Agent | undefined;
  /** What is wrong with a new server in this fleet, as far as this app can tell. */
  serverProblems(name: string, props: AddServerProps): Problem[];
  /** Hears of a server that is to stand in the fleet. */
  take(server: ListedServerFacts): void;
}

export interface ListedServerFacts {
  readonly serverName: string;
  readonly isHosted: boolean;
}
