import type { Stack } from '../../../local/assembly/cloud-assembly';
import type { Resource, Template } from '../../../local/assembly/template';

/** The stacks with one thing less, or one more. */
export interface Mutation {
  /** Such as `ingress 0 of Acme/Mcp/LoadBalancers/InternalAccess`. */
  readonly what: string;
  /** Construct path of what was changed. */
  readonly path: string;
  /** Logical id of the resource that was changed or is gone. */
  readonly logicalId: string;
  readonly stacks: readonly Stack[];
}

type Rules = readonly Readonly<Record<string, unknown>>[];

const RULES = { ingress: 'SecurityGroupIngress', egress: 'SecurityGroupEgress' } as const;
type Direction = keyof typeof RULES;
/** Each of these is a way of its own: what has gone is gone, and nothing takes its place. */
const REMOVED = [
  'AWS::EC2::SecurityGroupIngress',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::Route',
  'AWS::EC2::VPCEndpoint',
  'AWS::EC2::VPCGatewayAttachment',
  'AWS::ElasticLoadBalancingV2::Listener',
  'AWS::ElasticLoadBalancingV2::ListenerRule',
];
/** As the CDK closes a group: without any egress, EC2 would give it one for everything. */
const NOWHERE = { CidrIp: '255.255.255.255/32', IpProtocol: 'icmp', FromPort: 252, ToPort: 86 };
const EVERYTHING = { CidrIp: '0.0.0.0/0', IpProtocol: '-1' };

/** Every rule of a security group, route, endpoint, listener and rule of a listener taken away, one at a time. */
export function removals(stacks: readonly Stack[]): readonly Mutation[] {
  return stacks.flatMap((stack) =>
    Object.entries(stack.template.Resources).flatMap(([logicalId, resource]) => {
      const changed = (what: string, template: Template): Mutation => mutationOf(what, stack, logicalId, resource, template, stacks);
      if (resource.Type === 'AWS::EC2::SecurityGroup') {
        return (['ingress', 'egress'] as const).flatMap((direction) =>
          rulesOf(resource, direction).map((_, i) => changed(`${direction} ${i} of`, withoutRule(stack.template, logicalId, direction, i))),
        );
      }
      if (!REMOVED.includes(resource.Type)) return [];
      return [changed(kindOf(resource), withoutResource(stack.template, logicalId))];
    }),
  );
}

/** Every security group opened to the world, one at a time and in one direction. */
export function widenings(stacks: readonly Stack[], direction: Direction): readonly Mutation[] {
  return stacks.flatMap((stack) =>
    Object.entries(stack.template.Resources).flatMap(([logicalId, resource]) => {
      if (resource.Type !== 'AWS::EC2::SecurityGroup') return [];
      const rules = [...rulesOf(resource, direction), EVERYTHING];
      const template = withResource(stack.template, logicalId, withRules(resource, direction, rules));
      return [mutationOf(`${direction} of everything at`, stack, logicalId, resource, template, stacks)];
    }),
  );
}

function mutationOf(
  what: string,
  stack: Stack,
  logicalId: string,
  resource: Resource,
  template: Template,
  stacks: readonly Stack[],
): Mutation {
  const path = String(resource.Metadata?.['aws:cdk:path'] ?? `${stack.name}/${logicalId}`).replace(/\/(Resource|Default)$/, '');
  return { what: `${what} ${path}`, path, logicalId, stacks: stacks.map((one) => (one === stack ? { ...stack, template } : one)) };
}

function kindOf({ Type }: Resource): string {
  return Type.split('::').at(-1) as string;
}

function rulesOf({ Properties }: Resource, direction: Direction): Rules {
  return (Properties?.[RULES[direction]] ?? []) as Rules;
}

function withoutRule(template: Template, logicalId: string, direction: Direction, i: number): Template {
  const group = template.Resources[logicalId] as Resource;
  return closed(
    withResource(
      template,
      logicalId,
      withRules(
        group,
        direction,
        rulesOf(group, direction).filter((_, at) => at !== i),
      ),
    ),
    logicalId,
  );
}

function withoutResource(template: Template, logicalId: string): Template {
  const { [logicalId]: gone, ...Resources } = template.Resources;
  const group = gone?.Type === 'AWS::EC2::SecurityGroupEgress' ? groupOf(gone) : undefined;
  return group === undefined ? { ...template, Resources } : closed({ ...template, Resources }, group);
}

/** A group whose last egress has gone lets nothing out. */
function closed(template: Template, logicalId: string): Template {
  const group = template.Resources[logicalId];
  if (group === undefined || rulesOf(group, 'egress').length > 0) return template;
  const others = Object.values(template.Resources).filter(
    (one) => one.Type === 'AWS::EC2::SecurityGroupEgress' && groupOf(one) === logicalId,
  );
  return others.length > 0 ? template : withResource(template, logicalId, withRules(group, 'egress', [NOWHERE]));
}

function groupOf({ Properties }: Resource): string | undefined {
  const { 'Fn::GetAtt': attribute } = (Properties?.GroupId ?? {}) as { 'Fn::GetAtt'?: readonly string[] };
  return attribute?.[0];
}

function withRules(group: Resource, direction: Direction, rules: Rules): Resource {
  return { ...group, Properties: { ...group.Properties, [RULES[direction]]: rules } };
}

function withResource(template: Template, logicalId: string, resource: Resource): Template {
  return { ...template, Resources: { ...template.Resources, [logicalId]: resource } };
}
