import { LocalAccountError, unsupported } from './account-error';
import type { CloudAssembly, Stack } from './assembly/cloud-assembly';
import { addressText, type Resource, type ResourceAddress } from './assembly/template';
import type { Machinery } from './machinery';
import { createInert } from './resources/inert';
import { type Created, type Provisioner, type ProvisioningPhase, type ResourceRequest, readProperties } from './resources/provisioner';
import { provisionerOf } from './resources/registry';
import type { StandIns } from './stand-ins';
import { isTrue, resolveIntrinsics } from './template/intrinsics';
import { needsOf } from './template/needs';
import { scopeOf, type World } from './template/scope';

/** Creates the resources of an assembly, each after those that it depends on. */
export class Provisioning implements World {
  private readonly creating = new Map<string, Promise<void>>();
  private readonly created = new Map<string, Created>();
  private readonly counts = new Map<Provisioner, number>();

  constructor(
    readonly assembly: CloudAssembly,
    readonly standIns: StandIns,
    private readonly plan: { runs(address: ResourceAddress): boolean },
    private readonly machinery: () => Machinery,
  ) {}

  /**
   * Creates every running resource of a phase, and of other phases what those depend on. When it rejects, nothing is being
   * created any more.
   * @returns what was made, such as `3 tables`
   */
  async create(phase: ProvisioningPhase): Promise<string> {
    const wanted = this.assembly.stacks.flatMap((stack) =>
      Object.entries(stack.template.Resources)
        .filter(([logicalId, { Type }]) => provisionerOf(Type)?.phase === phase && this.plan.runs({ stack: stack.name, logicalId }))
        .map(([logicalId]) => ({ stack, logicalId })),
    );
    // Listeners may take a port, tables may exist: the order of the template keeps the outcome the same in each run.
    const outcomes = await Promise.allSettled(wanted.map(({ stack, logicalId }) => this.ensure(stack, logicalId)));
    throwTogether(outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason));
    const made = [...this.counts].filter(([provisioner]) => provisioner.phase === phase);
    return made.map(([{ noun }, count]) => `${count} ${count === 1 ? noun[0] : noun[1]}`).join(', ') || 'none';
  }

  /** Resolves a value that stands outside the resources, such as the template's metadata. */
  async resolve(stack: Stack, value: unknown, path: string): Promise<unknown> {
    await this.ensureNeeds(value, stack, `${stack.name}/${path}`);
    return resolveIntrinsics(value, scopeOf(stack, this), `${stack.name}/${path}`);
  }

  physicalId(address: ResourceAddress): string | undefined {
    return this.created.get(addressText(address))?.ref;
  }

  names(stack: Stack, logicalId: string): Created | undefined {
    return this.created.get(addressText({ stack: stack.name, logicalId }));
  }

  private async ensureNeeds(value: unknown, stack: Stack, path: string): Promise<void> {
    await Promise.all(needsOf(value, stack, path, this).map((need) => this.ensure(need.stack, need.logicalId)));
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
    const scope = scopeOf(stack, this);
    if (resource.Condition && !isTrue(resource.Condition, scope, `${path}/Condition`)) return;
    const request = { address, stack, resource, path, generatedName: `${stack.name}-${logicalId}` };
    const provisioner = this.plan.runs(address) ? provisionerOf(resource.Type) : undefined;
    if (!provisioner) {
      this.created.set(path, this.standIn({ ...request, properties: resource.Properties ?? {} }));
      return;
    }
    const unresolved = readProperties(provisioner, resource);
    await Promise.all([resource.DependsOn ?? []].flat().map((dependency) => this.ensure(stack, dependency)));
    await this.ensureNeeds(unresolved, stack, `${path}/Properties`);
    const properties = resolveIntrinsics(unresolved, scope, path) as Record<string, unknown>;
    this.created.set(path, await provisioner.create({ ...request, properties }, this.machinery()));
    this.counts.set(provisioner, (this.counts.get(provisioner) ?? 0) + 1);
  }

  /** The names of a resource that does not run: those that the caller gave, else made-up ones. */
  private standIn(request: ResourceRequest<Readonly<Record<string, unknown>>>): Created {
    const { path } = request;
    const inert = createInert(request);
    return {
      ref: this.standIns.valueOf(path) ?? inert.ref,
      attribute: (name) => this.standIns.valueOf(`${path}.${name}`) ?? inert.attribute(name),
    };
  }
}

/** The one thing that went wrong, or everything that is not supported in one error. */
function throwTogether(reasons: readonly unknown[]): void {
  const unlike = reasons.find((reason) => !LocalAccountError.is(reason) || reason.problems.length === 0);
  if (unlike !== undefined) throw unlike;
  if (reasons.length > 0) throw unsupported([...new Set(reasons.flatMap((reason) => (reason as LocalAccountError).problems))]);
}
