import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { IdentityConfig } from '../core/fleet-config';
import { LISTENERS_VARIABLE, OWN_SERVERS_VARIABLE, SERVERS_KEY } from '../core/listed-servers';
import { SIGHTINGS_KEY } from '../core/sightings';
import { type Bundle, bundleFolder } from './bundles';
import { alarmOnThrottles, fleetAlarm } from './fleet-alarms';
import { programLogGroup } from './fleet-logs';
import type { FleetParts } from './fleet-parts';
import type { FunctionLogGroups, ReservedConcurrencyOptions } from './fleet-props';
import type { FleetTable, FleetTables } from './fleet-tables';
import { acknowledge } from './nag';
import {
  ALLOWLIST_READ_ACTIONS,
  ALLOWLIST_SYNC_ACTIONS,
  grantItem,
  grantTable,
  SERVERS_WRITE_ACTIONS,
  SIGHTINGS_READ_ACTIONS,
} from './perms';

export type FunctionParts = Pick<
  FleetParts,
  'name' | 'logRetention' | 'logKey' | 'givenLogs' | 'functionLogs' | 'alarmAction' | 'isTraced' | 'reservedConcurrency'
>;

/** Id of a function's construct: its option begins with a small letter. */
type FunctionId = Capitalize<keyof ReservedConcurrencyOptions>;

/** Decides which servers and tools an agent may use, and tells a gateway which tables others reach. */
export function authorizerFunction(
  scope: Construct,
  parts: FunctionParts,
  { allowlist, directory }: Pick<FleetTables, 'allowlist' | 'directory'>,
  identity: IdentityConfig,
): lambda.Function {
  const authorizer = bundledFunction(scope, 'Authorizer', 'lambda/authorizer', parts, {
    environment: {
      ALLOWLIST_TABLE: allowlist.table.tableName,
      DIRECTORY_TABLE: directory.table.tableName,
      MCP_FLEET_IDENTITY: Stack.of(scope).toJsonString(identity),
    },
    timeout: Duration.seconds(10),
  });
  grantTable(authorizer, allowlist, ALLOWLIST_READ_ACTIONS);
  grantItem(authorizer, directory, SIGHTINGS_KEY, SIGHTINGS_READ_ACTIONS);
  fleetAlarm(authorizer, 'ErrorsAlarm', parts, {
    alarmDescription: 'MCP fleet authorizer: invocations fail. Agents without a cached decision are refused.',
    metric: authorizer.metricErrors({ period: Duration.minutes(1) }),
    threshold: 1,
    evaluationPeriods: 1,
  });
  return authorizer;
}

/**
 * Brings what construct code grants into the allowlist, and servers of other stacks into their list, as CloudFormation custom resources.
 * @param servers.listeners ARNs of the listeners behind which servers of other stacks stand
 * @param servers.own names of those in the fleet's own stack; asked at synth
 */
export function allowlistSyncFunction(
  scope: Construct,
  parts: FunctionParts,
  allowlist: FleetTable,
  servers: { readonly listeners: readonly string[]; readonly own: () => readonly string[] },
): lambda.Function {
  const stack = Stack.of(scope);
  const sync = bundledFunction(scope, 'AllowlistSync', 'lambda/allowlist-sync', parts, {
    environment: {
      ALLOWLIST_TABLE: allowlist.table.tableName,
      [LISTENERS_VARIABLE]: stack.toJsonString(servers.listeners),
      [OWN_SERVERS_VARIABLE]: Lazy.string({ produce: () => JSON.stringify(servers.own()) }),
    },
    // A large fleet's first deployment writes hundreds of thousands of rows, and holds them all.
    timeout: Duration.minutes(14),
    memorySize: 2_048,
  });
  grantTable(sync, allowlist, ALLOWLIST_SYNC_ACTIONS);
  grantItem(sync, allowlist, SERVERS_KEY, SERVERS_WRITE_ACTIONS);
  return sync;
}

/** A function with its own log group, whose role may write there and nothing else until it is granted more. */
export function bundledFunction(
  scope: Construct,
  id: FunctionId,
  bundle: Bundle,
  parts: FunctionParts,
  props: Pick<lambda.FunctionProps, 'environment' | 'timeout' | 'memorySize'>,
): lambda.Function {
  const part = new Construct(scope, id);
  const logGroup = functionLogs(part, id, parts);
  const role = new iam.Role(part, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  const made = new lambda.Function(part, 'Function', {
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(bundleFolder(bundle)),
    memorySize: 256,
    ...props,
    ...reserved(id, parts),
    ...(parts.isTraced === true && { tracing: lambda.Tracing.ACTIVE }),
    role,
    logGroup,
  });
  if (parts.isTraced === true) acknowledge(role, 'IAM5[Resource::*]', 'Segments of X-Ray are no resources.');
  alarmOnThrottles(made, parts, `MCP fleet, function ${id}`);
  return made;
}

function functionLogs(part: Construct, id: FunctionId, parts: FunctionParts): logs.ILogGroup {
  const given = parts.functionLogs?.[optionOf(id)];
  if (given === undefined) return programLogGroup(part, 'Logs', parts);
  return parts.givenLogs.take(part, { what: `functions.logGroups.${optionOf(id)}`, group: given, lines: 'own' });
}

function optionOf(id: FunctionId): keyof ReservedConcurrencyOptions & keyof FunctionLogGroups {
  return `${id.charAt(0).toLowerCase()}${id.slice(1)}` as keyof ReservedConcurrencyOptions;
}

function reserved(id: FunctionId, { reservedConcurrency }: FunctionParts): Pick<lambda.FunctionProps, 'reservedConcurrentExecutions'> {
  const executions = reservedConcurrency?.[optionOf(id)];
  return executions === undefined ? {} : { reservedConcurrentExecutions: executions };
}
