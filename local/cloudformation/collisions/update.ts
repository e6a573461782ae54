import type { Template } from '../../assembly/template';
import { referencesAt } from '../references';
import { changesBetween, type TemplateChanges, textOf } from '../template-changes';

export interface Collision {
  readonly kind:
    | 'listenerPort'
    | 'name'
    | 'network'
    | 'rulePriority'
    | 'scalingPolicy'
    | 'securityGroupRule'
    | 'service'
    | 'serviceToken'
    | 'tableIndexes'
    | 'targetGroup'
    | 'type';
  /** What is in it: first what would fail, then what it meets. */
  readonly logicalIds: readonly string[];
  readonly what: string;
  /** Why AWS refuses it, where it can be quoted in its own words. */
  readonly why: string;
  readonly fix: string;
}

export type Rule = (update: Update) => Collision[];

export interface Update {
  readonly before: Side;
  readonly after: Side;
  readonly changes: TemplateChanges;
}

/** A template before or after an update. */
export interface Side {
  readonly template: Template;
  ofType(...types: readonly string[]): readonly Declared[];
  /** A value as text. Texts of both sides are equal where the value is: one that reads a resource that is made anew is another. */
  text(value: unknown): string;
}

export interface Declared {
  readonly logicalId: string;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is read by path, as CloudFormation does
  readonly properties: Readonly<Record<string, any>>;
}

export function updateOf(before: Template, after: Template): Update {
  const changes = changesBetween(before, after);
  const made = new Set([...changes.replaced, ...changes.retyped]);
  return { before: sideOf(before, new Set()), after: sideOf(after, made), changes };
}

function sideOf(template: Template, made: ReadonlySet<string>): Side {
  const declared = Object.entries(template.Resources).map(
    ([logicalId, { Type, Properties }]): Declared => ({ logicalId, type: Type, properties: Properties ?? {} }),
  );
  return {
    template,
    ofType: (...types) => declared.filter(({ type }) => types.includes(type)),
    text: (value) => textOf(marked(value, made)),
  };
}

/** Sets what reads one of these resources apart from what reads its namesake before the update. */
function marked(value: unknown, made: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => marked(item, made));
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, marked(part, made)]));
  return referencesAt(value).some((id) => made.has(id)) ? { madeAnew: inner } : inner;
}

/** Something that only one resource may have at a time. */
export interface Claim {
  readonly key: string;
  readonly logicalId: string;
}

/** Both are one logical id where a resource is in its own way. */
export interface Contest {
  readonly claimant: string;
  readonly holder: string;
}

/** Who claims in an update what another one, or an older self, holds until its end. */
export function contestsIn({ before, after, changes }: Update, claimsOf: (side: Side) => readonly Claim[]): Contest[] {
  const holders = holdersOf(claimsOf(before));
  const isMade = (id: string) => changes.added.has(id) || changes.replaced.has(id) || changes.retyped.has(id);
  return claimsOf(after).flatMap(({ key, logicalId: claimant }) => {
    const held = holders.get(key) ?? new Set();
    const hasItAlready = held.has(claimant) && !isMade(claimant);
    return hasItAlready ? [] : [...held].map((holder) => ({ claimant, holder }));
  });
}

function holdersOf(claims: readonly Claim[]): Map<string, Set<string>> {
  const holders = new Map<string, Set<string>>();
  for (const { key, logicalId } of claims) holders.set(key, (holders.get(key) ?? new Set()).add(logicalId));
  return holders;
}

/** How a claimant and a holder are told: they may be the old and the new resource of one logical id. */
export function holderText({ claimant, holder }: Contest): string {
  return claimant === holder ? `the ${holder} that it replaces` : holder;
}

export function idsOf({ claimant, holder }: Contest): string[] {
  return claimant === holder ? [claimant] : [claimant, holder];
}
