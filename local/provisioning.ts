import { LocalAccountError, unsupported } from './account-error';
import type { CloudAssembly, Stack } from './assembly/cloud-assembly';
import { addressText, type Resource, type ResourceAddress } from './assembly/template';
import type { Machinery } from './machinery';
import { createInert, isInert } from './resources/inert';
import type { Created, Provisioner, ProvisioningPhase, ResourceRequest } from './resources/provisioner';
import { provisionerOf } from './resources/registry';
import { isTrue, NO_VALUE, resolveIntrinsics, type Scope } from './template/intrinsics';
import { dependenciesOf, findCycle, referencesOf } from './template/references';

/** Templates are looked up here while nothing of the account runs yet. @throws LocalAccountError that names every problem */
export function refuseUnsupported(assembly: CloudAssembly): void {
  const problems = assembly.stacks.flatMap((stack) => [
    ...Object.entries(stack.template.Resources).flatMap(([id, resource]) => problemsOf(resource, `${stack.name}/${id}`)),
    ...danglingReferences(stack),
  ]);
  for (const stack of assembly.stacks) {
    const cycle = findCycle(stack.template);
    if (cycle) problems.push(`a cycle of resources in ${stack.name}: ${cycle.join(' -> ')}`);
  }
  if (problems.length > 0) throw unsupported(problems);
}

function problemsOf(resource: Resource, path: string): string[] {
  const { Type, Properties = {} } = resource;
  if (isInert(Type)) return [];
  const provisioner = provisionerOf(Type);
  if (!provisioner) return [`the resource type ${Type} of ${path}`];
  const known = new Set([...provisioner.honours, ...provisioner.ignores]);
  if (known.has('*')) return [];
  return Object.keys(Properties)
    .filter((name) => !known.has(name))
    .map((name) => `the property ${name} of ${path} (${Type})`);
}

function danglingReferences({ name, template }: Stack): string[] {
  const known = new Set([...Object.keys(template.Resources), ...Object.keys(template.Parameters ?? {})]);
  return Object.entries(template.Resources).flatMap(([id, resource]) =>
    [...referencesOf(resource.Properties)]
      // A variable of Fn::Sub looks like a reference; it is resolved by its own map.
      .filter(
        (reference) =>
          !known.has(reference) && !reference.startsWith('AWS::') && !JSON.stringify(resource.Properties).includes(`"${reference}":`),
      )
      .map((reference) => `the reference to "${reference}" in ${name}/${id}: there is no such resource or parameter`),
  );
}

/** Creates the resources of an assembly, each after those that it depends on. */
export class Provisioning {
  private readonly creating = new Map<string, Promise<void>>();
  private readonly created = new Map<string, Created>();
  private readonly counts = new Map<Provisioner, number>();

  constructor(
    private readonly assembly: CloudAssembly,
    private readonly machinery: () => Machinery,
  ) {}

  /**
   * Creates every resource of a phase, and of other phases what those depend on.
   * @returns what was made, such as `3 tables`
   */
  async create(phase: ProvisioningPhase): Promise<string> {
    const wanted = this.assembly.stacks.flatMap((stack) =>
      Object.entries(stack.template.Resources)
        .filter(([, resource]) => !isInert(resource.Type) && provisionerOf(resource.Type)?.phase === phase)
        .map(([logicalId]) => ({ stack, logicalId })),
    );
    // Listeners may take a port, tables may exist: the order of the template keeps the outcome the same in each run.
    await Promise.all(wanted.map(({ stack, logicalId }) => this.ensure(stack, logicalId)));
    const made = [...this.counts].filter(([provisioner]) => provisioner.phase === phase);
    return made.map(([{ noun }, count]) => `${count} ${count === 1 ? noun[0] : noun[1]}`).join(', ') || 'none';
  }

  /** Resolves a value that stands outside the resources, such as the template's metadata. */
  async resolve(stack: Stack, value: unknown, path: string): Promise<unknown> {
    await Promise.all([...referencesOf(value)].map((logicalId) => this.ensure(stack, logicalId)));
    return resolveIntrinsics(value, this.scope(stack), `${stack.name}/${path}`);
  }

  physicalId(address: ResourceAddress): string | undefined {
    return this.created.get(addressText(address))?.ref;
  }

  private ensure(stack: Stack, logicalId: string): Promise<void> {
    const resource = stack.template.Resources[logicalId];
    if (!resource) return Promise.resolve();
    const key = addressText({ stack: stack.name, logicalId });
    const running = this.creating.get(key) ?? this.createResource(stack, logicalId, resource);
    this.creating.set(key, running);
    return running;
  }

  private async createResource(stack: Stack, logicalId: string, resource: Resource): Promise<void> {
    const address = { stack: stack.name, logicalId };
    const path = addressText(address);
    const scope = this.scope(stack);
    if (resource.Condition && !isTrue(resource.Condition, scope, `${path}/Condition`)) return;
    const provisioner = isInert(resource.Type) ? undefined : provisionerOf(resource.Type);
    // What an inert resource depends on matters only where its name does.
    if (provisioner) {
      await Promise.all(dependenciesOf(resource, stack.template).map((dependency) => this.ensure(stack, dependency)));
      await this.ensureImports(resource);
    }
    const request: ResourceRequest<Record<string, unknown>> = {
      address,
      stack,
      resource,
      path,
      generatedName: `${stack.name}-${logicalId}`,
      properties: provisioner ? this.honoured(provisioner, resource, scope, path) : (resource.Properties ?? {}),
    };
    const created = provisioner ? await provisioner.create(request, this.machinery()) : createInert(request);
    this.created.set(path, created);
    if (provisioner) this.counts.set(provisioner, (this.counts.get(provisioner) ?? 0) + 1);
  }

  private honoured(provisioner: Provisioner, resource: Resource, scope: Scope, path: string): Record<string, unknown> {
    const all = provisioner.honours.includes('*');
    const wanted = Object.entries(resource.Properties ?? {}).filter(([name]) => all || provisioner.honours.includes(name));
    return resolveIntrinsics(Object.fromEntries(wanted), scope, path) as Record<string, unknown>;
  }

  /** Outputs of other stacks that a resource imports. */
  private async ensureImports(resource: Resource): Promise<void> {
    const text = JSON.stringify(resource.Properties ?? {});
    if (!text.includes('Fn::ImportValue') && !text.includes('Fn::GetStackOutput')) return;
    for (const stack of this.assembly.stacks) {
      for (const output of Object.values(stack.template.Outputs ?? {})) {
        await Promise.all([...referencesOf(output.Value)].map((logicalId) => this.ensure(stack, logicalId)));
      }
    }
  }

  private scope(stack: Stack): Scope {
    const { name, region, account, template } = stack;
    const pseudo: Readonly<Record<string, unknown>> = {
      'AWS::Region': region,
      'AWS::AccountId': account,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': name,
      'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${name}/local`,
      'AWS::NotificationARNs': [],
      'AWS::NoValue': NO_VALUE,
    };
    return {
      stack: name,
      region,
      ref: (id, path) => (id in pseudo ? pseudo[id] : this.createdOf(stack, id)?.ref) ?? parameterOf(stack, id, path),
      attribute: (id, attribute, path) => {
        const value = this.createdOf(stack, id)?.attribute(attribute);
        if (value === undefined)
          throw unsupported([`the attribute ${attribute} of ${name}/${id} (${template.Resources[id]?.Type}), read at ${path}`]);
        return value;
      },
      condition: (condition, path) => found(template.Conditions?.[condition], `condition "${condition}"`, path),
      mapping: (map, first, second, path) => found(template.Mappings?.[map]?.[first]?.[second], `mapping ${map}.${first}.${second}`, path),
      importValue: (exported, path) => this.importValue(exported, path),
      stackOutput: (other, output, path) => this.stackOutput(other, output, path),
    };
  }

  private createdOf(stack: Stack, logicalId: string): Created | undefined {
    return this.created.get(addressText({ stack: stack.name, logicalId }));
  }

  private importValue(exported: string, path: string): unknown {
    for (const stack of this.assembly.stacks) {
      for (const { Export, Value } of Object.values(stack.template.Outputs ?? {})) {
        if (Export && resolveIntrinsics(Export.Name, this.scope(stack), path) === exported)
          return resolveIntrinsics(Value, this.scope(stack), path);
      }
    }
    return found(undefined, `export "${exported}"`, path);
  }

  private stackOutput(name: string, output: string, path: string): unknown {
    const stack = this.assembly.stacks.find((candidate) => candidate.name === name);
    const declared = stack?.template.Outputs?.[output];
    return stack && declared
      ? resolveIntrinsics(declared.Value, this.scope(stack), path)
      : found(undefined, `output ${name}.${output}`, path);
  }
}

function parameterOf(stack: Stack, name: string, path: string): unknown {
  const parameter = stack.template.Parameters?.[name];
  if (!parameter) return found(undefined, `resource or parameter "${name}" (or its condition does not hold)`, path);
  if (parameter.Type.startsWith('AWS::SSM::')) throw unsupported([`the SSM parameter "${name}" read at ${path}`]);
  if (parameter.Default === undefined) throw unsupported([`the parameter "${name}" read at ${path}: it has no Default`]);
  return parameter.Default;
}

function found<T>(value: T | undefined, what: string, path: string): T {
  if (value === undefined) throw new LocalAccountError('INVALID_ASSEMBLY', `${path} names the ${what}, which does not exist.`);
  return value;
}
