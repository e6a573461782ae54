import type { TemplateResource } from '../../../local/local-account';

/** A synthesized stack. */
export interface Measured {
  readonly name: string;
  readonly bytes: number;
  readonly resources: Readonly<Record<string, TemplateResource>>;
  readonly outputs: number;
}

/** Something that AWS bounds: how much of it there is at most, and where. */
export interface Extent {
  readonly what: string;
  readonly limit: number;
  readonly most: number;
  readonly where: string;
}

/** What deployment fills in is an ARN, as a rule. */
const FILLED_IN = 'x'.repeat(90);

/** Everything of an assembly that AWS bounds and that grows with servers or agents. */
export function extentsOf(stacks: readonly Measured[]): readonly Extent[] {
  const each = (what: string, limit: number, of: (stack: Measured) => Iterable<readonly [string, number]>): Extent => {
    const all = stacks.flatMap((stack) => [...of(stack)].map(([name, count]) => ({ where: `${stack.name}/${name}`, most: count })));
    return { what, limit, ...all.reduce((most, one) => (one.most > most.most ? one : most), { where: 'nowhere', most: 0 }) };
  };
  return [
    each('resources of a stack', 500, ({ resources }) => [['', Object.keys(resources).length]]),
    each('bytes of a template', 1_000_000, ({ bytes }) => [['', bytes]]),
    each('outputs of a stack', 200, ({ outputs }) => [['', outputs]]),
    each('bytes of a task definition', 65_536, (stack) => sizes(stack, 'AWS::ECS::TaskDefinition', (it) => it)),
    each('bytes of the variables of a function', 4_096, (stack) => sizes(stack, 'AWS::Lambda::Function', ({ Environment }) => Environment)),
    each('bytes of what a function is asked by a custom resource', 262_144, (stack) =>
      Object.entries(stack.resources)
        .filter(([, { Type }]) => Type.startsWith('Custom::'))
        .map(([id, { Properties }]) => [id, bytesOf(Properties)] as const),
    ),
    each('characters of a managed policy', 6_144, (stack) => sizes(stack, 'AWS::IAM::ManagedPolicy', (it) => it.PolicyDocument)),
    inlinePolicies(stacks),
    each('rules of a security group in a direction', 60, rulesOfGroups),
    each("target groups of the servers' load balancer, of servers in the fleet's own stack", 39, ({ name, resources }) => [
      ['', name === 'Fleet' ? sizes({ resources }, 'AWS::ElasticLoadBalancingV2::TargetGroup', () => '').length : 0],
    ]),
    {
      what: 'alarms on queries in an account',
      limit: 200,
      most: stacks.flatMap(({ resources }) => Object.values(resources)).filter((one) => JSON.stringify(one).includes('"SELECT ')).length,
      where: 'all stacks',
    },
  ];
}

/** Of one role, whichever stacks give it policies: those of a role of another stack go by its ARN, and that of the function which writes grants is the only one. */
function inlinePolicies(stacks: readonly Measured[]): Extent {
  const sums = new Map<string, number>();
  for (const { name, resources } of stacks) {
    for (const { Type, Properties } of Object.values(resources)) {
      if (Type !== 'AWS::IAM::Policy') continue;
      for (const role of (Properties?.Roles ?? []) as readonly { readonly Ref?: string }[]) {
        const key = role.Ref === undefined ? SYNC : role.Ref.includes('AllowlistSyncRole') ? SYNC : `${name}/${role.Ref}`;
        sums.set(key, (sums.get(key) ?? 0) + bytesOf(Properties?.PolicyDocument));
      }
    }
  }
  const [where, most] = [...sums].reduce((one, other) => (other[1] > one[1] ? other : one), ['nowhere', 0]);
  return { what: 'characters of the inline policies of a role', limit: 10_240, most, where };
}

const SYNC = 'Fleet/AllowlistSync';

function* rulesOfGroups({ resources }: Measured): Iterable<readonly [string, number]> {
  for (const way of ['Ingress', 'Egress']) {
    const groups = new Map<string, number>();
    for (const [id, { Type, Properties }] of Object.entries(resources)) {
      if (Type === 'AWS::EC2::SecurityGroup') add(groups, id, ((Properties?.[`SecurityGroup${way}`] ?? []) as unknown[]).length);
      if (Type === `AWS::EC2::SecurityGroup${way}`) add(groups, JSON.stringify(Properties?.GroupId), 1);
    }
    yield* groups;
  }
}

function add(counts: Map<string, number>, key: string, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}

function sizes(
  { resources }: Pick<Measured, 'resources'>,
  type: string,
  // biome-ignore lint/suspicious/noExplicitAny: properties of whatever type
  part: (properties: any) => unknown,
): readonly (readonly [string, number])[] {
  const found = Object.entries(resources).filter(([, { Type }]) => Type === type);
  return found.map(([id, { Properties }]) => [id, bytesOf(part(Properties))]);
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(filledIn(value)) ?? '');
}

function filledIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filledIn);
  if (typeof value !== 'object' || value === null) return value;
  const [[name = '', inner] = []] = Object.entries(value);
  if (name === 'Fn::Join') return (inner as [string, unknown[]])[1].map((part) => String(filledIn(part))).join((inner as [string])[0]);
  if (name === 'Ref' && String(inner).startsWith('AWS::')) return 'xxxxxxxxxxxx';
  if (name === 'Ref' || name.startsWith('Fn::')) return FILLED_IN;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, filledIn(member)]));
}
