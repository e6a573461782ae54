import type { Resource, Template } from '../assembly/template';
import { referencesIn } from './references';
import { recreationOf } from './replacements';

/**
 * What becomes of the resources of a stack, as far as its two templates tell: by logical id. What is known only while an update runs,
 * such as an attribute of a resource that is changed in place, is taken for unchanged.
 */
export interface TemplateChanges {
  readonly added: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
  /** Under the same logical id stands another type. */
  readonly retyped: ReadonlySet<string>;
  /** Made anew under their logical ids: the old one goes when everything else is done. */
  readonly replaced: ReadonlySet<string>;
  /** Replaced, unless AWS finds that it need not be. */
  readonly mayBeReplaced: ReadonlySet<string>;
}

export function changesBetween(before: Template, after: Template): TemplateChanges {
  const had = Object.keys(before.Resources);
  const has = Object.keys(after.Resources);
  const kept = has.filter((id) => Object.hasOwn(before.Resources, id));
  const retyped = kept.filter((id) => before.Resources[id]?.Type !== after.Resources[id]?.Type);
  const causes = new Map(
    kept
      .filter((id) => !retyped.includes(id))
      .map((id) => [id, causesOf(before.Resources[id] as Resource, after.Resources[id] as Resource)]),
  );
  const replaced = spread(causes, ['Always'], []);
  const perhaps = spread(causes, ['Always', 'Conditionally'], changedParameters(before, after));
  return {
    added: new Set(has.filter((id) => !Object.hasOwn(before.Resources, id))),
    removed: new Set(had.filter((id) => !Object.hasOwn(after.Resources, id))),
    retyped: new Set(retyped),
    replaced,
    mayBeReplaced: new Set([...perhaps].filter((id) => !replaced.has(id))),
  };
}

/** A value as text, so that equal values are equal texts: the order of an object's keys says nothing. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part) => (isObject(part) ? Object.fromEntries(Object.entries(part).sort(byKey)) : part)) ?? '';
}

/** A property that replaces its resource when it changes: by itself, or by what it reads. */
interface Cause {
  readonly recreation: string;
  readonly isChanged: boolean;
  readonly reads: readonly string[];
}

function causesOf({ Properties: had = {} }: Resource, { Type, Properties: has = {} }: Resource): Cause[] {
  return [...new Set([...Object.keys(had), ...Object.keys(has)])]
    .map((name) => ({
      recreation: recreationOf(Type, name),
      isChanged: textOf(had[name]) !== textOf(has[name]),
      reads: referencesIn(has[name]),
    }))
    .filter(({ recreation }) => recreation !== 'Never');
}

/** A replacement changes what reads its physical id, which may replace that, too. @param changed what else has changed */
function spread(causes: ReadonlyMap<string, readonly Cause[]>, counted: readonly string[], changed: readonly string[]): Set<string> {
  const replaced = new Set<string>();
  const acts = ({ recreation, isChanged, reads }: Cause) =>
    counted.includes(recreation) && (isChanged || reads.some((id) => replaced.has(id) || changed.includes(id)));
  for (;;) {
    const next = [...causes].filter(([id, of]) => !replaced.has(id) && of.some(acts));
    if (next.length === 0) return replaced;
    for (const [id] of next) replaced.add(id);
  }
}

/** A default that changes may be a value that changes: what the deployment says, no template tells. */
function changedParameters({ Parameters: had = {} }: Template, { Parameters: has = {} }: Template): string[] {
  return Object.keys(has).filter((name) => Object.hasOwn(had, name) && textOf(had[name]?.Default) !== textOf(has[name]?.Default));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function byKey([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1;
}
