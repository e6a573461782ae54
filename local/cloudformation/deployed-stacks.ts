import { unsupported } from '../account-error';
import { type CloudAssembly, rootOf, type Stack } from '../assembly/cloud-assembly';
import { addressText, type ResourceAddress } from '../assembly/template';
import { makeHandedInTables } from '../dynamodb/handed-in-tables';
import { type FleetDescription, fleetsOf, refuseTwins } from '../fleet-facts';
import type { Machinery } from '../machinery';
import { requireContext } from '../missing-context';
import { type Plan, planOf } from '../plan';
import { provisionerOf } from '../resources/registry';
import type { GivenSecrets } from '../secrets/given-secrets';
import { importedSecretProblems } from '../secrets/imported-secrets';
import { SecretStore } from '../secrets/secret-store';
import type { StandIns } from '../stand-ins';
import type { World } from '../template/scope';
import type { DeployedResource, DeployedResources } from './deployed';
import type { TellResource } from './events';
import { refuseCollisions, refuseOutputs, unchangeableIn } from './refusals';
import { type Removal, type Removed, removeAll } from './removal';
import { type RolledBack, rollBack } from './rollback';
import { StackDeployment, type Step } from './stack-deployment';

/** What of the account changes: whole stacks, each with its nested ones. */
export interface StackChange {
  readonly put: readonly Stack[];
  /** Names. */
  readonly remove?: readonly string[];
  readonly missing?: CloudAssembly['missing'];
}

export interface DeployOptions {
  readonly tell?: TellResource;
  /** Told at the end of each phase. */
  readonly onPhase?: (name: string, detail: string) => void;
  readonly permit?: (action: 'Modify' | 'Replace', resource: DeployedResource) => void;
  /** Told when everything serves, before what is not needed any more is removed. */
  readonly onServing?: () => Promise<void> | void;
  /** Told before what was done is undone. */
  readonly onRollback?: (cause: unknown) => void;
  /** What failed stays as it is, for whoever looks into it. */
  readonly disableRollback?: boolean;
  /** Logical ids that are kept when their stack is removed. */
  readonly retain?: ReadonlySet<string>;
  /** Gives the deployment up: it fails, as if a resource had. */
  readonly signal?: AbortSignal;
}

export interface StacksParts {
  readonly machinery: () => Machinery;
  readonly standIns: StandIns;
  readonly given: GivenSecrets;
  /** The one fleet that runs, by name or construct path; every one when absent. */
  readonly only?: string;
  /** Starts what the fleets' programs need to know before they start. @returns what it was, in one line */
  readonly trust: (fleets: readonly FleetDescription[], deployment: StackDeployment) => Promise<string>;
  /** Told of the fleets that serve now. */
  readonly serve: (fleets: readonly FleetDescription[], deployment: StackDeployment) => Promise<void>;
}

/** A deployment that failed, and what became of it. */
export class StackDeploymentFailed extends Error {
  constructor(
    override readonly cause: unknown,
    readonly rolledBack: RolledBack | undefined,
  ) {
    super(cause instanceof Error ? cause.message : String(cause));
  }
}

/** What was done, and the stacks of before. */
interface Halfway {
  readonly steps: readonly Step[];
  readonly stacks: readonly Stack[];
}

/** The stacks that the account holds, with their resources: changed as CloudFormation changes them, one deployment at a time. */
export class DeployedStacks {
  stacks: readonly Stack[] = [];
  resources: DeployedResources = new Map();
  /** What policies have kept of stacks or templates that are gone, by address. */
  retained: DeployedResources = new Map();
  fleets: readonly FleetDescription[] = [];
  private turn: Promise<unknown> = Promise.resolve();
  /** Of deployments that failed and stay as they are, by the names of their stacks. */
  private readonly halfway = new Map<string, Halfway>();

  constructor(private readonly parts: StacksParts) {}

  /** Remembers what an earlier run has kept: only what outlives a run is still there. */
  remember(resources: DeployedResources, retained: DeployedResources): void {
    const survivors = [...resources].filter(([, { runs, resource }]) => runs && provisionerOf(resource.Type)?.survives);
    this.resources = new Map(survivors);
    this.retained = retained;
  }

  /** What would run; everything that stands in the way of a change is known before anything is changed. @throws LocalAccountError */
  judge(change: StackChange): { readonly assembly: CloudAssembly; readonly plan: Plan; readonly fleets: readonly FleetDescription[] } {
    const assembly = this.assemblyAfter(change);
    const { only, standIns, given } = this.parts;
    const world = { assembly, standIns, names: () => undefined };
    // First of all: an export that is gone and in use would be missed below, by whoever imports it.
    refuseCollisions({ before: this.world, after: world, changing: namesOf(change), resources: this.resources });
    const fleets = fleetsOf(assembly).filter(({ name, path }) => only === undefined || name === only || path === only);
    refuseTwins(fleets);
    const plan = planOf(fleets, world);
    requireContext(plan, assembly);
    const problems = [
      ...importedSecretProblems(plan, world, new SecretStore(undefined, given)),
      ...unchangeableIn(change.put, this.resources, plan),
    ];
    if (problems.length > 0) throw unsupported(problems);
    return { assembly, plan, fleets };
  }

  /**
   * Brings the stacks into the account, or to what their templates say now, and removes what they do not have any more.
   * @returns what stays behind
   * @throws LocalAccountError before anything changes; StackDeploymentFailed when everything is again as it was, or could not be
   */
  deploy(change: StackChange, options: DeployOptions = {}): Promise<Removed> {
    const work = this.turn.then(() => this.deployNow(change, options));
    this.turn = work.catch(() => {});
    return work;
  }

  private async deployNow(change: StackChange, options: DeployOptions): Promise<Removed> {
    const { assembly, plan, fleets } = this.judge(change);
    const { tell = () => {}, onPhase = () => {}, permit, signal } = options;
    const deployment = new StackDeployment({
      assembly,
      targets: new Set(change.put.map(({ name }) => name)),
      before: this.resources,
      retained: this.retained,
      standIns: this.parts.standIns,
      plan,
      machinery: this.parts.machinery,
      tell,
      onNamed: () => this.parts.machinery().iam.changed(),
      ...(permit && { permit }),
      ...(signal && { signal }),
    });
    const { links } = this.parts.machinery().ecs;
    await links.learn(assembly.stacks, this.parts.standIns);
    const cancel = (): void => {
      for (const service of this.parts.machinery().services.values()) service.cancelDeployment();
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      signal?.throwIfAborted();
      await deployment.namePolicies();
      const { iam } = this.parts.machinery();
      iam.adopt(assembly.stacks, this.during(deployment));
      await this.runPhases(deployment, fleets, onPhase);
      await deployment.finish();
      refuseOutputs({ before: this.world, after: deployment, changing: namesOf(change) });
      await this.parts.serve(fleets, deployment);
    } catch (cause) {
      // What is brought back is not given up.
      signal?.removeEventListener('abort', cancel);
      throw await this.fail(cause, deployment, assembly, change, options);
    }
    signal?.removeEventListener('abort', cancel);
    const going = this.goingAfter(deployment, change);
    this.resources = new Map([...this.beside(assembly, change), ...deployment.after]);
    this.stacks = assembly.stacks;
    this.fleets = fleets;
    await this.adoptPolicies();
    for (const { name } of change.put) this.halfway.delete(name);
    await options.onServing?.();
    const removed = await removeAll(going, { machinery: this.parts.machinery(), tell, ...(options.retain && { retain: options.retain }) });
    // Of a stack of which something could not be deleted, just that is still there.
    const isOfRemoved = ({ stack }: DeployedResource): boolean => change.remove?.includes(rootOf(stack).name) === true;
    this.resources = new Map([...this.resources, ...byAddress(removed.left.filter(isOfRemoved))]);
    this.keep([...removed.retained, ...removed.left.filter((resource) => !isOfRemoved(resource))]);
    return removed;
  }

  private async runPhases(
    deployment: StackDeployment,
    fleets: readonly FleetDescription[],
    onPhase: NonNullable<DeployOptions['onPhase']>,
  ): Promise<void> {
    const { dynamodb } = this.parts.machinery();
    const tables = await deployment.settle('tables');
    const handedIn = await makeHandedInTables(fleets, deployment, dynamodb);
    const empty = handedIn.length === 0 ? '' : `; ${handedIn.join(', ')}, which no stack makes, empty here`;
    onPhase('tables', `${tables} at ${dynamodb.url}${empty}`);
    onPhase('secrets', await deployment.settle('secrets'));
    onPhase('identity', await this.parts.trust(fleets, deployment));
    onPhase('functions', await deployment.settle('functions'));
    onPhase('load balancers', await deployment.settle('load balancers'));
    const services = await deployment.settle('services');
    const tasks = [...this.parts.machinery().services.values()].reduce((count, { desiredCount }) => count + desiredCount, 0);
    onPhase('services', `${services}: ${tasks} tasks`);
  }

  private async fail(
    cause: unknown,
    deployment: StackDeployment,
    assembly: CloudAssembly,
    change: StackChange,
    options: DeployOptions,
  ): Promise<StackDeploymentFailed> {
    const { tell = () => {}, disableRollback = false, onRollback } = options;
    if (disableRollback) {
      for (const { name } of change.put) this.halfway.set(name, { steps: deployment.steps, stacks: this.stacks });
      this.stacks = assembly.stacks;
      this.resources = new Map([...this.resources, ...deployment.after]);
      await this.adoptPolicies();
      return new StackDeploymentFailed(cause, undefined);
    }
    onRollback?.(cause);
    await this.parts.machinery().ecs.links.learn(this.stacks, this.parts.standIns);
    await this.adoptPolicies();
    const rolledBack = await rollBack(deployment.steps, { machinery: this.parts.machinery(), tell });
    this.goBack(rolledBack, this.resources);
    return new StackDeploymentFailed(cause, rolledBack);
  }

  /** Rolls back what a deployment that failed has left, when it was not to do so by itself. @param stack name of the root stack */
  async rollBack(stack: string, { tell, skip }: { readonly tell: TellResource; readonly skip: ReadonlySet<string> }): Promise<RolledBack> {
    const half = this.halfway.get(stack) ?? this.fallen(stack);
    if (half === undefined) throw new Error(`There is nothing of ${stack} to roll back.`);
    const steps = half.steps.filter(({ after }) => !skip.has(after.address.logicalId));
    const work = this.turn.then(() => rollBack(steps, { machinery: this.parts.machinery(), tell }));
    this.turn = work.catch(() => {});
    const rolledBack = await work;
    const gone = new Set(rolledBack.gone.map(({ address }) => addressText(address)));
    this.goBack(rolledBack, new Map([...this.resources].filter(([key]) => !gone.has(key))));
    const isOf = (one: Stack): boolean => rootOf(one).name === stack;
    this.stacks = [...this.stacks.filter((one) => !isOf(one)), ...half.stacks.filter(isOf)];
    this.halfway.delete(stack);
    await this.adoptPolicies();
    return rolledBack;
  }

  /** What an earlier run has left of a stack that never stood: all of it is undone. */
  private fallen(stack: string): Halfway | undefined {
    if (this.stacks.some(({ name }) => name === stack)) return undefined;
    const left = [...this.resources.values()].filter((resource) => rootOf(resource.stack).name === stack);
    return { steps: left.map((after) => ({ kind: 'made', after })), stacks: [] };
  }

  /** Everything is again as it was, but for what could not be brought back, or removed. @param resources of before */
  private goBack({ restored, retained, left }: RolledBack, resources: DeployedResources): void {
    this.resources = new Map([...resources, ...restored]);
    this.keep([...retained, ...left]);
  }

  /** What the templates say of who may do what counts from here on. */
  private async adoptPolicies(): Promise<void> {
    const { iam } = this.parts.machinery();
    iam.adopt(this.stacks, this.world);
    await iam.settled();
  }

  /** While a deployment is under way: what it has not come to yet is as it was. */
  private during(deployment: StackDeployment): World {
    const { assembly, standIns } = deployment;
    const before = this.resources;
    const names = (stack: Stack, logicalId: string) =>
      deployment.names(stack, logicalId) ?? before.get(addressText({ stack: stack.name, logicalId }))?.created;
    return { assembly, standIns, names };
  }

  /** In which values of templates resolve to what there is now. */
  get world(): World {
    const { stacks, resources } = this;
    return {
      assembly: { folder: '', stacks, missing: [] },
      standIns: this.parts.standIns,
      names: (stack, logicalId) => resources.get(addressText({ stack: stack.name, logicalId }))?.created,
    };
  }

  /** A kept resource goes by another address: a stack that imports it names it there. */
  readdress(from: DeployedResource, address: ResourceAddress): void {
    const others = [...this.retained].filter(([, resource]) => resource !== from);
    this.retained = new Map([...others, [addressText(address), from]]);
  }

  /** The stacks of the account with those that are put in the place of their former ones. */
  private assemblyAfter({ put, remove = [], missing = [] }: StackChange): CloudAssembly {
    const roots = new Set([...put.filter(({ parent }) => parent === undefined).map(({ name }) => name), ...remove]);
    const staying = this.stacks.filter((stack) => !roots.has(rootOf(stack).name));
    return { folder: '', stacks: [...staying, ...put], missing };
  }

  /** What is left of stacks that do not stand any more: no template has it, and it is still to be deleted. */
  private beside({ stacks }: CloudAssembly, change: StackChange): DeployedResources {
    const standing = new Set(stacks.map(({ name }) => name));
    const isTouched = touchedBy(change);
    return new Map([...this.resources].filter(([, resource]) => !standing.has(resource.stack.name) && !isTouched(resource)));
  }

  /** Of the stacks that change: what is there no more, and what something else has taken the place of. */
  private goingAfter(deployment: StackDeployment, change: StackChange): Removal[] {
    const isTouched = touchedBy(change);
    return [...this.resources].flatMap(([key, resource]): Removal[] => {
      if (!isTouched(resource)) return [];
      const after = deployment.after.get(key);
      if (after === undefined) return [{ resource, cause: 'removed' }];
      const isAnother = after.life !== resource.life || (resource.runs && after.created.ref !== resource.created.ref);
      return isAnother ? [{ resource, cause: 'replaced' }] : [];
    });
  }

  private keep(resources: readonly DeployedResource[]): void {
    this.retained = new Map([...this.retained, ...byAddress(resources)]);
  }
}

function byAddress(resources: readonly DeployedResource[]): (readonly [string, DeployedResource])[] {
  return resources.map((resource) => [addressText(resource.address), resource] as const);
}

/** Whether a resource is of a stack that changes, or was nested in one. */
function touchedBy(change: StackChange): (resource: DeployedResource) => boolean {
  const touched = namesOf(change);
  return ({ stack }) => touched.has(stack.name) || touched.has(rootOf(stack).name);
}

/** Of the stacks that change, each nested one too where it is put. */
function namesOf({ put, remove = [] }: StackChange): ReadonlySet<string> {
  return new Set([...put.map(({ name }) => name), ...remove]);
}
