import { CfnResource, Stack } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { MOST_OWN_TARGETS, PLACES } from '../core/listed-servers';
import type { ListedServerFacts } from './fleet-site';
import type { McpServer } from './mcp-server';

/** Resources of a stack (CloudFormation quotas); no request raises it. Context by which an app has CDK count to another number. */
const STACK_RESOURCES = 500;
const STACK_RESOURCES_CONTEXT = '@aws-cdk/core:stackResourceLimit';
/** Target groups of an Application Load Balancer (Elastic Load Balancing quotas); no request raises it. Its rules are 100, too, and can be raised. */
const BALANCER_TARGET_GROUPS = 100;

/** The servers of a fleet, as far as this app knows them. */
export interface FleetServers {
  /** Those in its own stack. */
  readonly own: readonly McpServer[];
  /** Those in other stacks. */
  readonly listed: readonly ListedServerFacts[];
  /** How many of these there are places for. */
  readonly room: number;
}

/**
 * What AWS would refuse in the middle of a deployment, or CDK by a number without a way out: said at synth, when all servers are known.
 * @param servers those of the fleet
 */
export function keepWithinLimits(fleet: Construct, servers: () => FleetServers): void {
  const validate = () => [...tooManyResources(fleet, servers().own), ...tooManyTargetGroups(servers()), ...tooManyListed(servers())];
  fleet.node.addValidation({ validate });
}

/** CDK counts them, too, after this, and names the types. */
function tooManyResources(fleet: Construct, servers: readonly McpServer[]): string[] {
  const stack = Stack.of(fleet);
  const limit = Number(stack.node.tryGetContext(STACK_RESOURCES_CONTEXT) ?? STACK_RESOURCES);
  const total = resourcesIn(stack, stack);
  if (limit === 0 || total <= limit) return [];
  const ofServers = servers.map((server) => resourcesIn(server, stack)).sort((one, other) => one - other);
  const each = ofServers[Math.floor(ofServers.length / 2)] ?? 0;
  const beside = total - ofServers.reduce((sum, count) => sum + count, 0);
  const room = each === 0 ? '' : ` There is room for about ${Math.max(0, Math.floor((limit - beside) / each))} such servers.`;
  return [
    `The stack ${stack.stackName} has ${total} resources; allowed: ${limit} (CloudFormation). The ${servers.length} servers of the fleet have ${each} each, as a rule, and ${beside} stand beside them.${room} Put servers into stacks of their own, by new McpServer(stack, …, { fleet }), or the fleet's VPC into another one (docs/fleets-beyond-one-stack.md).`,
  ];
}

/** Servers of other stacks stand behind the same load balancer, which has a place for each that this app cannot know of. */
function tooManyTargetGroups({ own }: FleetServers): string[] {
  const count = own.filter(({ targetGroup }) => targetGroup !== undefined).length;
  if (count <= MOST_OWN_TARGETS) return [];
  return [
    `The fleet has ${count} servers in its own stack; allowed: ${MOST_OWN_TARGETS}, for a load balancer has ${BALANCER_TARGET_GROUPS} target groups (Elastic Load Balancing). Put others into stacks of their own, by new McpServer(stack, …, { fleet }).`,
  ];
}

function tooManyListed({ listed, room }: FleetServers): string[] {
  const count = listed.filter(({ isHosted }) => isHosted).length;
  if (count <= room) return [];
  return [
    `The fleet has ${count} servers in other stacks of this app; allowed: ${room}, as many as there are places for behind its load balancers. Raise serverBalancers: each more takes ${PLACES.other}.`,
  ];
}

/** Those of a nested stack count there. */
function resourcesIn(scope: IConstruct, stack: Stack): number {
  return scope.node.findAll().filter((construct) => CfnResource.isCfnResource(construct) && construct.stack === stack).length;
}
