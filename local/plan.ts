import { unsupported } from './account-error';
import type { Stack } from './assembly/cloud-assembly';
import { addressText, type ResourceAddress } from './assembly/template';
import type { FleetDescription } from './fleet-facts';
import { nameIsAll } from './resources/inert';
import { type Provisioner, readProperties, refusedProperties } from './resources/provisioner';
import { isBootstrapType, provisionerOf } from './resources/registry';
import { standInFix } from './stand-ins';
import { dynamicReferencesIn } from './template/dynamic-references';
import { isTrue } from './template/intrinsics';
import { type Need, needsOf } from './template/needs';
import { scopeOf, type World } from './template/scope';

/** Which resources of an assembly run here. */
export interface Plan {
  runs(address: ResourceAddress): boolean;
  /** Resources that do nothing here, because no fleet needs them. */
  readonly notRun: readonly ResourceListing[];
  /** How many more have no counterpart on one machine: networks, permissions, keys, logs, alarms. */
  readonly namesOnly: number;
}

export interface ResourceListing extends ResourceAddress {
  readonly type: string;
}

interface Candidate {
  readonly stack: Stack;
  readonly logicalId: string;
}

/**
 * A fleet's own resources run, and whatever they read in properties that are honoured, and what joins one of those as a rule joins
 * its listener. All else is named and does nothing.
 * @throws LocalAccountError that names everything that would have to run and cannot, each with the way out
 */
export function planOf(fleets: readonly FleetDescription[], world: World): Plan {
  const planning = new Planning(world);
  for (const fleet of fleets) planning.takeFleet(fleet);
  planning.takeBootstrap();
  planning.takeWhatJoins();
  return planning.finish();
}

class Planning {
  /** What running resources wait for, by address. */
  private readonly edges = new Map<string, string[]>();
  private readonly problems = new Set<string>();

  constructor(private readonly world: World) {}

  takeFleet(fleet: FleetDescription): void {
    this.takeNeeds(needsOf(fleet.facts, fleet.stack, `${fleet.stack.name}/Metadata`, this.world));
    const own = this.all().filter((candidate) => isOwn(candidate, fleet));
    for (const candidate of own) if (!this.actsElsewhere(candidate, own)) this.take(candidate);
  }

  /** Where assets are published: the bucket, the repository and the parameter of `cdk bootstrap`'s stack. */
  takeBootstrap(): void {
    for (const candidate of this.all()) if (isPublished(candidate)) this.take(candidate);
  }

  /** What joins a running resource changes what it does, wherever it stands; and it can be joined itself. */
  takeWhatJoins(): void {
    for (let before = -1; before !== this.edges.size; ) {
      before = this.edges.size;
      for (const candidate of this.all()) {
        const resource = resourceOf(candidate);
        const joins = provisionerOf(resource.Type)?.joins;
        const needs = joins === undefined ? [] : this.needs(candidate, resource.Properties?.[joins], joins);
        if (needs.some((need) => this.edges.has(keyOf(need)))) this.take(candidate);
      }
    }
  }

  finish(): Plan {
    const cycle = this.findCycle();
    if (cycle) this.problems.add(`a cycle of resources: ${cycle.join(' -> ')}`);
    if (this.problems.size > 0) throw unsupported([...this.problems]);
    const idle = this.all().filter((candidate) => !this.edges.has(keyOf(candidate)));
    const notRun = idle.filter((candidate) => !nameIsAll(resourceOf(candidate).Type));
    return {
      runs: (address) => this.edges.has(addressText(address)),
      notRun: notRun.map((candidate) => ({
        stack: candidate.stack.name,
        logicalId: candidate.logicalId,
        type: resourceOf(candidate).Type,
      })),
      namesOnly: idle.length - notRun.length,
    };
  }

  private all(): Candidate[] {
    return this.world.assembly.stacks.flatMap((stack) => Object.keys(stack.template.Resources).map((logicalId) => ({ stack, logicalId })));
  }

  /** A custom resource of the CDK itself, whose function stands outside the fleet: it acts on what is not here. */
  private actsElsewhere(candidate: Candidate, own: readonly Candidate[]): boolean {
    const { ServiceToken } = resourceOf(candidate).Properties ?? {};
    const functions = this.needs(candidate, ServiceToken, 'ServiceToken').map(keyOf);
    return functions.some((key) => !own.some((other) => keyOf(other) === key));
  }

  private take(candidate: Candidate): void {
    const key = keyOf(candidate);
    const resource = resourceOf(candidate);
    const provisioner = runnable(candidate);
    if (this.edges.has(key) || !provisioner || !this.exists(candidate) || this.world.standIns.covers(key)) return;
    const properties = readProperties(provisioner, resource);
    const needs = this.needs(candidate, properties);
    const after = [resource.DependsOn ?? []].flat().map((logicalId) => keyOf({ stack: candidate.stack, logicalId }));
    this.edges.set(key, [...needs.map(keyOf), ...after]);
    const asked = dynamicReferencesIn(properties, scopeOf(candidate.stack, this.world), `${key}/Properties`);
    for (const reference of asked) this.problems.add(reference);
    for (const name of refusedProperties(provisioner, resource.Properties ?? {}))
      this.problems.add(`the property ${name} of ${key} (${resource.Type})`);
    for (const problem of provisioner.problems?.(resource.Properties ?? {}, key, candidate.stack) ?? []) this.problems.add(problem);
    this.takeNeeds(needs);
  }

  private takeNeeds(needs: readonly Need[]): void {
    for (const need of needs) {
      const type = need.stack.template.Resources[need.logicalId]?.Type;
      const key = keyOf(need);
      if (type === undefined) this.problems.add(`the reference to ${key} at ${need.path}: there is no such resource or parameter`);
      else if (runnable(need)) this.take(need);
      else if (!nameIsAll(type) && !this.world.standIns.covers(key)) this.problems.add(cannotBeHad(need, type));
    }
  }

  private needs({ stack, logicalId }: Candidate, properties: unknown, within = ''): Need[] {
    return needsOf(properties, stack, `${stack.name}/${logicalId}/Properties${within && `/${within}`}`, this.world);
  }

  private exists({ stack, logicalId }: Candidate): boolean {
    const { Condition } = resourceOf({ stack, logicalId });
    return Condition === undefined || isTrue(Condition, scopeOf(stack, this.world), `${stack.name}/${logicalId}/Condition`);
  }

  private findCycle(): string[] | undefined {
    const done = new Set<string>();
    const visit = (key: string, trail: readonly string[]): string[] | undefined => {
      if (trail.includes(key)) return [...trail.slice(trail.indexOf(key)), key];
      if (done.has(key)) return undefined;
      for (const next of this.edges.get(key) ?? []) {
        const cycle = visit(next, [...trail, key]);
        if (cycle) return cycle;
      }
      done.add(key);
      return undefined;
    };
    return [...this.edges.keys()].map((key) => visit(key, [])).find((cycle) => cycle !== undefined);
  }
}

/** Where assets are published: a resource of the stack that tells the version of `cdk bootstrap` (the CDK looks for it). */
function isPublished(candidate: Candidate): boolean {
  const { Type } = resourceOf(candidate);
  return isPublishing(candidate) && (isBootstrapType(Type) || Type === 'AWS::S3::Bucket');
}

function isPublishing({ stack }: Candidate): boolean {
  return stack.template.Outputs?.BootstrapVersion !== undefined;
}

/** What makes a resource here; of the types of `cdk bootstrap`, only that stack's own. */
function runnable(candidate: Candidate): Provisioner | undefined {
  const { Type } = resourceOf(candidate);
  return isBootstrapType(Type) && !isPublishing(candidate) ? undefined : provisionerOf(Type);
}

/** Inside the fleet's construct, or that of a server of its in another stack; where a template tells no construct paths, the whole stack of the fleet is its own. */
function isOwn({ stack, logicalId }: Candidate, fleet: FleetDescription): boolean {
  const path = stack.template.Resources[logicalId]?.Metadata?.['aws:cdk:path'];
  const listed = fleet.listed.filter((server) => server.stack === stack).flatMap(({ paths }) => paths);
  if (listed.some((own) => String(path).startsWith(`${own}/`))) return true;
  if (fleet.path === undefined || path === undefined) return stack === fleet.stack;
  return String(path).startsWith(`${fleet.path}/`);
}

function cannotBeHad({ stack, logicalId, attribute, path }: Need, type: string): string {
  const resource = keyOf({ stack, logicalId });
  const key = attribute === undefined ? resource : `${resource}.${attribute}`;
  return `${type} ${resource}, which is read at ${path}, does not run here; ${standInFix(key)}, or its name alone: --stand-in ${resource}`;
}

function resourceOf({ stack, logicalId }: Candidate) {
  return stack.template.Resources[logicalId] as Stack['template']['Resources'][string];
}

function keyOf({ stack, logicalId }: Candidate): string {
  return addressText({ stack: stack.name, logicalId });
}
