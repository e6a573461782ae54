import { CfnResource, Stack, Validations } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import type { McpServer } from './mcp-server';

/** Resources of a stack (CloudFormation quotas); no request raises it. Context by which an app has CDK count to another number. */
const STACK_RESOURCES = 500;
const STACK_RESOURCES_CONTEXT = '@aws-cdk/core:stackResourceLimit';
/** Target groups of an Application Load Balancer (Elastic Load Balancing quotas); no request raises it. Its rules are 100, too, and can be raised. */
const BALANCER_TARGET_GROUPS = 100;
/** Rules of a security group in one direction (Amazon VPC quotas), unless somebody had it raised: the balancer has one to each server. */
const SECURITY_GROUP_RULES = 60;

/**
 * What AWS would refuse in the middle of a deployment, or CDK by a number without a way out: said at synth, when all servers are known.
 * @param servers those of the fleet
 */
export function keepWithinLimits(fleet: Construct, servers: () => readonly McpServer[]): void {
  fleet.node.addValidation({ validate: () => [...tooManyResources(fleet, servers()), ...tooManyTargetGroups(servers())] });
}

/** To be called with each server that the fleet runs. @param hosted how many it has with this one */
export function warnOfSecurityGroupRules(fleet: Construct, hosted: number): void {
  if (hosted !== SECURITY_GROUP_RULES + 1) return;
  const text = `The fleet runs more than ${SECURITY_GROUP_RULES} servers, and its balancer's security group has an outbound rule to each: AWS takes ${SECURITY_GROUP_RULES} unless the quota "Inbound or outbound rules per security group" (L-0EA8095F) of the account was raised. Have it raised, or split the fleet.`;
  Validations.of(fleet).addWarning('cdk-mcp-fleet:securityGroupRules', text);
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
    `The stack ${stack.stackName} has ${total} resources; allowed: ${limit} (CloudFormation). The ${servers.length} servers of the fleet have ${each} each, as a rule, and ${beside} stand beside them.${room} Put the fleet into a stack of its own, bring its VPC from another one, or divide the servers among several fleets, each in its own stack.`,
  ];
}

function tooManyTargetGroups(servers: readonly McpServer[]): string[] {
  const groups = servers.filter(({ targetGroup }) => targetGroup !== undefined).length + 1;
  if (groups <= BALANCER_TARGET_GROUPS) return [];
  return [
    `The servers' load balancer has ${groups} target groups, that of the gateway among them; allowed: ${BALANCER_TARGET_GROUPS} (Elastic Load Balancing). Divide the servers among several fleets.`,
  ];
}

/** Those of a nested stack count there. */
function resourcesIn(scope: IConstruct, stack: Stack): number {
  return scope.node.findAll().filter((construct) => CfnResource.isCfnResource(construct) && construct.stack === stack).length;
}
