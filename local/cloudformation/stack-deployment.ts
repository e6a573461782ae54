import { LocalAccountError, unsupported } from '../account-error';
import type { CloudAssembly, Stack } from '../assembly/cloud-assembly';
import { addressText, type Resource, type ResourceAddress } from '../assembly/template';
import type { Machinery } from '../machinery';
import { createInert } from '../resources/inert';
import {
  type Created,
  HalfDone,
  type Provisioner,
  type ProvisioningPhase,
  type ResourceRequest,
  readProperties,
} from '../resources/provisioner';
import { provisionerOf } from '../resources/registry';
import type { StandIns } from '../stand-ins';
import { isTrue, resolveIntrinsics } from '../template/intrinsics';
import { needsOf } from '../template/needs';
import { scopeOf, type World } from '../template/scope';
import { type DeployedResource, type DeployedResources, existing, requestFor } from './deployed';
import { type Difference, differenceOf } from './difference';
import { happening, reasonOf, type TellResource } from './events';
import { identifierOf, isCustomResource } from './replacements';

export interface StackDeploymentParts {
  /** Every stack of the account, as it shall be. */
  readonly assembly: CloudAssembly;
  /** Names of the stacks that are deployed: of the others nothing changes, but that it runs where a fleet needs it. */
  readonly targets: ReadonlySet<string>;
  readonly before: DeployedResources;
  /** Lives that stand apart from any stack: resources that were retained when they were removed. */
  readonly retained: DeployedResources;
  readonly standIns: StandIns;
  readonly plan: { runs(address: ResourceAddress): boolean };
  readonly machinery: () => Machinery;
  readonly tell: TellResource;
  /** Refuses a change of a resource that exists. @throws Error with the reason */
  readonly permit?: (action: 'Modify' | 'Replace', resource: DeployedResource) => void;
  /** Nothing more is begun when it is aborted. */
  readonly signal?: AbortSignal;
}

/** What was done to one resource, in the order in which it came to an end. */
export type Step =
  | { readonly kind: 'made'; readonly after: DeployedResource }
  | { readonly kind: 'changed'; readonly before: DeployedResource; readonly after: DeployedResource };

/** Makes the resources of stacks what their templates say: each after those that it depends on. */
export class StackDeployment implements World {
  readonly assembly: CloudAssembly;
  readonly standIns: StandIns;
  /** Every resource that exists now, of all stacks. */
  readonly after = new Map<string, DeployedResource>();
  readonly steps: Step[] = [];
  private readonly settling = new Map<string, Promise<void>>();
  private readonly counts = new Map<Provisioner, number>();
  private failed = false;

  constructor(private readonly parts: StackDeploymentParts) {
    ({ assembly: this.assembly, standIns: this.standIns } = parts);
  }

  /**
   * Settles every running resource of a phase, and of other phases what those depend on. When it rejects, nothing is being
   * changed any more.
   * @returns what runs, such as `3 tables`
   */
  async settle(phase: ProvisioningPhase): Promise<string> {
    await this.settleAll(({ Type }, address) => provisionerOf(Type)?.phase === phase && this.parts.plan.runs(address));
    const made = [...this.counts].filter(([provisioner]) => provisioner.phase === phase);
    return made.map(([{ noun }, count]) => `${count} ${count === 1 ? noun[0] : noun[1]}`).join(', ') || 'none';
  }

  /** Settles all that is left, and waits until what was made or changed works. @throws as {@link settle} does */
  async finish(): Promise<void> {
    await this.settleAll(() => true);
    const touched = this.steps.map(({ after }) => after);
    const outcomes = await Promise.allSettled(touched.map((resource) => this.becomesStable(resource)));
    throwTogether(rejectionsOf(outcomes));
  }

  /** Names whatever says who may do what, before any program may ask. It takes nothing else: what it names may come later. */
  async namePolicies(): Promise<void> {
    await this.settleAll(({ Type }, address) => GOVERNS.test(Type) && !this.parts.plan.runs(address));
  }

  /** Resolves a value that stands outside the resources, such as the template's metadata. */
  async resolve(stack: Stack, value: unknown, path: string): Promise<unknown> {
    await this.settleNeeds(value, stack, `${stack.name}/${path}`);
    return resolveIntrinsics(value, scopeOf(stack, this), `${stack.name}/${path}`);
  }

  physicalId(address: ResourceAddress): string | undefined {
    return this.after.get(addressText(address))?.created.ref;
  }

  names(stack: Stack, logicalId: string): Created | undefined {
    return this.after.get(addressText({ stack: stack.name, logicalId }))?.created;
  }

  private async settleAll(wanted: (resource: Resource, address: ResourceAddress) => boolean): Promise<void> {
    const resources = this.assembly.stacks.flatMap((stack) =>
      Object.entries(stack.template.Resources)
        .filter(([logicalId, resource]) => wanted(resource, { stack: stack.name, logicalId }))
        .map(([logicalId]) => ({ stack, logicalId })),
    );
    // Listeners may take a port, tables may exist: the order of the template keeps the outcome the same in each run.
    throwTogether(rejectionsOf(await Promise.allSettled(resources.map(({ stack, logicalId }) => this.ensure(stack, logicalId)))));
  }

  private async settleNeeds(value: unknown, stack: Stack, path: string): Promise<string[]> {
    const needs = needsOf(value, stack, path, this);
    await Promise.all(needs.map((need) => this.ensure(need.stack, need.logicalId)));
    return needs.map((need) => addressText({ stack: need.stack.name, logicalId: need.logicalId }));
  }

  private ensure(stack: Stack, logicalId: string): Promise<void> {
    const resource = stack.template.Resources[logicalId];
    if (!resource) return Promise.resolve();
    const key = addressText({ stack: stack.name, logicalId });
    const settling = this.settling.get(key) ?? this.settleResource(stack, logicalId, resource);
    this.settling.set(key, settling);
    return settling;
  }

  private async settleResource(stack: Stack, logicalId: string, resource: Resource): Promise<void> {
    const address = { stack: stack.name, logicalId };
    const path = addressText(address);
    const before = this.parts.before.get(path);
    const isPlanned = this.parts.plan.runs(address);
    // What served once holds data; it stays what it is as long as its template has it.
    const runs = isPlanned || before?.runs === true;
    if (before?.alive && !this.parts.targets.has(stack.name) && (before.runs || !isPlanned)) return void this.after.set(path, before);
    if (resource.Condition && !isTrue(resource.Condition, scopeOf(stack, this), `${path}/Condition`)) return;
    const provisioner = runs ? provisionerOf(resource.Type) : undefined;
    if (!provisioner) return this.settleName(stack, address, resource, before);
    const unresolved = readProperties(provisioner, resource);
    const after = [resource.DependsOn ?? []].flat();
    await Promise.all(after.map((dependency) => this.ensure(stack, dependency)));
    const needs = await this.settleNeeds(unresolved, stack, `${path}/Properties`);
    const properties = resolveIntrinsics(unresolved, scopeOf(stack, this), path) as Record<string, unknown>;
    const declared = { address, stack, resource, properties, runs, needs: [...needs, ...after.map((id) => `${stack.name}/${id}`)] };
    if (this.failed || this.parts.signal?.aborted) throw new Cancelled(path);
    try {
      await this.bringAbout(declared, before, provisioner);
    } catch (error) {
      this.failed = true;
      if (error instanceof HalfDone) this.keepHalfDone(declared, error.ref, before);
      const ref = error instanceof HalfDone ? error.ref : before?.created.ref;
      this.parts.tell(happening(declared, before ? 'UPDATE_FAILED' : 'CREATE_FAILED', ref, reasonOf(error)));
      throw error;
    }
    this.counts.set(provisioner, (this.counts.get(provisioner) ?? 0) + 1);
  }

  /** A resource that does not run: the names that the caller gave for it, else made-up ones. */
  private settleName(stack: Stack, address: ResourceAddress, resource: Resource, before: DeployedResource | undefined): void {
    const declared = { address, stack, resource, properties: resource.Properties ?? {}, runs: false, needs: [] };
    const difference = before && differenceOf(before, declared, undefined);
    const life = lifeAfter(before ?? this.parts.retained.get(addressText(address)), difference);
    if (difference?.kind !== 'none')
      this.parts.tell(happening(declared, before ? 'UPDATE_IN_PROGRESS' : 'CREATE_IN_PROGRESS', before?.created.ref, notRun(declared)));
    this.keep(declared, this.standIn(requestFor(declared, declared.properties, life)), life, before, difference);
  }

  private async bringAbout(declared: Declared, before: DeployedResource | undefined, provisioner: Provisioner): Promise<void> {
    const machinery = this.parts.machinery();
    const { tell } = this.parts;
    if (before?.runs && before.created.data !== undefined && !before.alive && differenceOf(before, declared, provisioner).kind === 'none')
      return this.keep(declared, before.created, before.life, before, undefined);
    const standing = standingOf(before);
    if (!standing) {
      const prior = before ?? this.parts.retained.get(addressText(declared.address));
      // What has survived in another shape stays under its name until something of the new shape is there.
      const life = lifeAfter(prior, prior?.runs && provisioner.survives ? differenceOf(prior, declared, provisioner) : undefined);
      tell(happening(declared, 'CREATE_IN_PROGRESS'));
      this.refuseTaken(declared);
      const created = await provisioner.create(requestFor(declared, declared.properties, life), machinery);
      return this.keep(declared, created, life, undefined, undefined);
    }
    const difference = differenceOf(standing, declared, provisioner);
    if (difference.kind === 'none') return this.keep(declared, standing.created, standing.life, standing, difference);
    this.parts.permit?.(difference.kind === 'replace' ? 'Replace' : 'Modify', standing);
    const life = lifeAfter(standing, difference);
    const request = requestFor(declared, declared.properties, life);
    tell(happening(declared, 'UPDATE_IN_PROGRESS', standing.created.ref, difference.kind === 'replace' ? REPLACES : undefined));
    if (difference.kind === 'replace') return this.keep(declared, await provisioner.create(request, machinery), life, standing, difference);
    const changed = difference.effective ? await provisioner.update?.(request, existing(standing), machinery) : undefined;
    this.keep(declared, changed ?? standing.created, life, standing, difference);
  }

  /** A name of the template's own may be another's already. @throws Error as AWS says it */
  private refuseTaken({ address, resource, properties }: Declared): void {
    const [name] = identifierOf(resource.Type);
    const wanted = name === undefined ? undefined : properties[name];
    if (typeof wanted !== 'string') return;
    const own = addressText(address);
    const holder = [...this.parts.before, ...this.parts.retained].find(
      ([key, other]) => key !== own && other.resource.Type === resource.Type && other.created.ref === wanted,
    );
    if (holder) throw new Error(`${wanted} already exists (${holder[0]})`);
  }

  private keep(
    declared: Declared,
    created: Created,
    life: number,
    before: DeployedResource | undefined,
    difference: Difference | undefined,
  ): void {
    created.stable?.catch(() => {}); // whoever waits for it hears of it, if only after something else has failed
    const same = before !== undefined && (difference === undefined || difference.kind === 'none');
    const changedAt = same ? before.changedAt : new Date();
    const after: DeployedResource = { ...declared, created, life, alive: true, changedAt };
    this.after.set(addressText(declared.address), after);
    this.parts.machinery().iam.changed();
    if (same) return;
    this.steps.push(before ? { kind: 'changed', before, after } : { kind: 'made', after });
    if (created.stable === undefined) this.tellDone(after, before !== undefined);
  }

  /** It is undone with the rest. Where nothing is, it does not stand: the next deployment makes it anew, and then removes this one. */
  private keepHalfDone(declared: Declared, ref: string, before: DeployedResource | undefined): void {
    const path = addressText(declared.address);
    const standing = standingOf(before);
    const created = { ref, attribute: () => undefined };
    const life = lifeAfter(before ?? this.parts.retained.get(path), undefined);
    const after: DeployedResource = { ...declared, created, life, alive: false, changedAt: new Date() };
    this.steps.push(standing ? { kind: 'changed', before: standing, after } : { kind: 'made', after });
    if (!standing) this.after.set(path, after);
  }

  private async becomesStable(resource: DeployedResource): Promise<void> {
    if (resource.created.stable === undefined) return;
    const isChange = this.parts.before.get(addressText(resource.address))?.alive === true;
    try {
      await resource.created.stable;
    } catch (error) {
      this.parts.tell(happening(resource, isChange ? 'UPDATE_FAILED' : 'CREATE_FAILED', resource.created.ref, reasonOf(error)));
      throw error;
    }
    this.tellDone(resource, isChange);
  }

  private tellDone(resource: DeployedResource, isChange: boolean): void {
    this.parts.tell(happening(resource, isChange ? 'UPDATE_COMPLETE' : 'CREATE_COMPLETE', resource.created.ref, notRun(resource)));
  }

  private standIn(request: ResourceRequest<Readonly<Record<string, unknown>>>): Created {
    const { path } = request;
    const inert = createInert(request);
    return {
      ref: this.standIns.valueOf(path) ?? inert.ref,
      attribute: (name) => this.standIns.valueOf(`${path}.${name}`) ?? inert.attribute(name),
    };
  }
}

/** Types without anything behind them here that say who may do what. */
const GOVERNS = /^AWS::(IAM::|KMS::Key$|S3::BucketPolicy$|Lambda::Permission$|SecretsManager::ResourcePolicy$)/;

type Declared = Pick<DeployedResource, 'address' | 'stack' | 'resource' | 'properties' | 'runs' | 'needs'>;

/** Whoever deploys it waits for what its function does; a name that is all that there is of a resource says so in the start's list. */
function notRun({ resource, runs }: Pick<DeployedResource, 'resource' | 'runs'>): string | undefined {
  return runs || !isCustomResource(resource.Type) ? undefined : 'Only recorded: no fleet reads it, so its function does not run here.';
}

const REPLACES = 'Requested update requires the creation of a new physical resource; hence creating one.';

/** Names of before serve until there is something behind them; what a former run has kept is made anew from its state. */
function standingOf(before: DeployedResource | undefined): DeployedResource | undefined {
  return before?.runs && (before.alive || before.created.data !== undefined) ? before : undefined;
}

function lifeAfter(before: DeployedResource | undefined, difference: Difference | undefined): number {
  return (before?.life ?? 1) + (difference?.kind === 'replace' ? 1 : 0);
}

function rejectionsOf(outcomes: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason);
}

/** Nothing new is begun once something has failed. */
class Cancelled extends Error {
  constructor(path: string) {
    super(`${path}: Resource creation cancelled`);
  }
}

/** The one thing that went wrong, or everything that is not supported in one error. */
function throwTogether(all: readonly unknown[]): void {
  const reasons = all.every((reason) => reason instanceof Cancelled) ? all : all.filter((reason) => !(reason instanceof Cancelled));
  const unlike = reasons.find((reason) => !LocalAccountError.is(reason) || reason.problems.length === 0);
  if (unlike !== undefined) throw unlike;
  if (reasons.length > 0) throw unsupported([...new Set(reasons.flatMap((reason) => (reason as LocalAccountError).problems))]);
}
