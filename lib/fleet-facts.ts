import { Stack } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import type { FleetPlace } from '../core/fleet-place';
import type { AgentIdentity } from './agent-identity';
import type { FleetFacts } from './fleet-metadata';
import type { FleetTables } from './fleet-tables';
import type { LoadBalancers } from './load-balancers';
import type { McpAgent } from './mcp-agent';
import type { McpServer } from './mcp-server';

/** Where what a fleet keeps is. */
interface Stores {
  readonly tables: FleetTables;
  readonly archiveBucket: s3.IBucket;
}

interface Placed extends Stores {
  readonly fleetName: string;
  readonly url: string;
  readonly identity: AgentIdentity;
  readonly cluster: ecs.ICluster;
}

/** Where a deployed fleet is, for the commands of operators. */
export function placeOf({ fleetName: fleet, url, identity, cluster, ...stores }: Placed): FleetPlace {
  return { fleet, url, issuer: identity.issuer, cluster: cluster.clusterName, ...namesOf(stores) };
}

interface Told extends Stores {
  readonly identity: AgentIdentity;
  readonly agents: ReadonlyMap<string, McpAgent>;
  readonly servers: ReadonlyMap<string, McpServer>;
  readonly balancers: LoadBalancers;
  readonly edgeApi: apigateway.RestApi | undefined;
  /** Who may say what became of a call. */
  readonly resolvers: readonly IConstruct[];
}

/** What the template's resources alone do not say. @param scope the fleet */
export function factsOf(scope: Construct, { identity, agents, servers, balancers, edgeApi, resolvers, ...stores }: Told): FleetFacts {
  const stack = Stack.of(scope);
  const operators = resolvers.filter((each): each is iam.Role => each instanceof iam.Role && Stack.of(each) === stack);
  const checks = [...servers].flatMap(([name, { _checks }]) => (_checks === undefined ? [] : [[name, _checks] as const]));
  return {
    issuer: identity.issuer,
    audience: identity._config.audience,
    agents: Object.fromEntries([...agents].map(([name, { subject }]) => [name, { subject }])),
    servers: [...servers.keys()],
    ...namesOf(stores),
    ...(operators.length > 0 && { operators: operators.map((role) => stack.getLogicalId(role.node.defaultChild as iam.CfnRole)) }),
    ...(checks.length > 0 && { checks: Object.fromEntries(checks) }),
    edge: edgeOf(balancers, edgeApi),
  };
}

function edgeOf(balancers: LoadBalancers, edgeApi: apigateway.RestApi | undefined): FleetFacts['edge'] {
  const { edge, servers, edgeListener, edgePort: port, edgeDomain: domainName } = balancers;
  return {
    ...(edgeApi !== undefined && { api: (edgeApi.node.defaultChild as apigateway.CfnRestApi).logicalId }),
    loadBalancer: ((edge ?? servers).node.defaultChild as elb.CfnLoadBalancer).logicalId,
    port,
    ...(edge === undefined && { listener: edgeListener.listenerArn }),
    ...(domainName !== undefined && { domainName }),
  };
}

function namesOf({ tables: { ledger, directory, allowlist, agentKeys }, archiveBucket }: Stores) {
  return {
    ledgerTable: ledger.table.tableName,
    archiveBucket: archiveBucket.bucketName,
    agentKeysTable: agentKeys.table.tableName,
    directoryTable: directory.table.tableName,
    allowlistTable: allowlist.table.tableName,
  };
}
