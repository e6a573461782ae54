import type { Stack } from '../assembly/cloud-assembly';
import { addressText } from '../assembly/template';
import { StandIns } from '../stand-ins';
import { isTrue, resolveIntrinsics } from '../template/intrinsics';
import { scopeOf, type World } from '../template/scope';

/** A value that the templates do not tell: of an import, or of a parameter without a default. */
export const UNKNOWN = Symbol('unknown');

/** Stands in a list of ids for one that the templates do not tell. */
export const UNTOLD = 'unknown';

/** A resource as its template states it. */
export interface Stated {
  /** `Stack/LogicalId`, which also stands for what `Ref` and its id attributes give. */
  readonly id: string;
  readonly type: string;
  /** Path of its construct, or its id: for people. */
  readonly path: string;
  /** A property with its intrinsic functions resolved; {@link UNKNOWN} in place of what cannot be. */
  property(name: string): unknown;
}

/** Attributes that name the resource itself. */
const OWN_NAMES =
  /^(GroupId|SubnetId|VpcId|RouteTableId|InternetGatewayId|NatGatewayId|Id|ListenerArn|LoadBalancerArn|TargetGroupArn|VpcLinkId)$/;

/** The resources of some stacks, before anything of them exists. */
export class StatedResources {
  private readonly world: World;
  private readonly byType = new Map<string, Stated[]>();

  constructor(
    readonly stacks: readonly Stack[],
    standIns = new StandIns(),
  ) {
    this.world = { assembly: { folder: '', stacks, missing: [] }, standIns, names: (stack, logicalId) => this.names(stack, logicalId) };
    for (const stack of stacks) for (const logicalId of Object.keys(stack.template.Resources)) this.take(stack, logicalId);
  }

  ofType(type: string): readonly Stated[] {
    return this.byType.get(type) ?? [];
  }

  private take(stack: Stack, logicalId: string): void {
    const resource = stack.template.Resources[logicalId];
    if (resource === undefined || !this.exists(stack, logicalId)) return;
    const id = addressText({ stack: stack.name, logicalId });
    const path = String(resource.Metadata?.['aws:cdk:path'] ?? id).replace(/\/(Resource|Default)$/, '');
    const known = new Map<string, unknown>();
    const property = (name: string): unknown => {
      if (!known.has(name)) known.set(name, this.resolve(resource.Properties?.[name], stack, `${id}/Properties/${name}`));
      return known.get(name);
    };
    const others = this.byType.get(resource.Type) ?? [];
    this.byType.set(resource.Type, others);
    others.push({ id, type: resource.Type, path, property });
  }

  private names(stack: Stack, logicalId: string) {
    const resource = stack.template.Resources[logicalId];
    if (resource === undefined) return undefined;
    const ref = addressText({ stack: stack.name, logicalId });
    const attribute = (name: string): unknown => {
      if (OWN_NAMES.test(name)) return ref;
      const stated = name === 'CidrBlock' ? this.resolve(resource.Properties?.CidrBlock, stack, ref) : undefined;
      return typeof stated === 'string' ? stated : `${ref}.${name}`;
    };
    return { ref, attribute };
  }

  private exists(stack: Stack, logicalId: string): boolean {
    const { Condition } = stack.template.Resources[logicalId] ?? {};
    if (Condition === undefined) return true;
    try {
      return isTrue(Condition, scopeOf(stack, this.world), `${stack.name}/${logicalId}/Condition`);
    } catch {
      return true;
    }
  }

  /** Part by part, so that what one part does not tell is all that is unknown. */
  private resolve(value: unknown, stack: Stack, path: string): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item, stack, path)).filter((item) => item !== undefined);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const isCall = entries.length === 1 && /^(Ref$|Fn::)/.test(entries[0]?.[0] ?? '');
    if (!isCall) return Object.fromEntries(entries.map(([key, item]) => [key, this.resolve(item, stack, path)]));
    try {
      return resolveIntrinsics(value, scopeOf(stack, this.world), path);
    } catch {
      return UNKNOWN;
    }
  }
}

/** The texts of a list; what is not told is {@link UNTOLD}, and so is a whole list that is not. */
export function textsOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map((item) => (typeof item === 'string' ? item : UNTOLD));
}

/** The members of each object of a list. */
export function membersIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
}
