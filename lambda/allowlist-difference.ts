import { isDeepStrictEqual } from 'node:util';
import { type Request, successor } from './allowlist-succession';
import type { Content, StoredEntry } from './allowlist-table';

/** One row to write, or to remove. */
export type Write = { readonly put: StoredEntry } | { readonly remove: StoredEntry };

/**
 * The writes that make rows what a custom resource says, in steps: each waits for the one before, so that no decision in between allows what neither
 * the rows of before nor those of after allow. Denials come first and go last; what stays is never absent.
 *
 * @param rows those that construct code wrote, of every agent that the request can be about
 */
export function writesBetween(
  rows: readonly StoredEntry[],
  wanted: readonly Content[],
  request: Request,
  resource: string,
): readonly (readonly Write[])[] {
  const present = new Map(rows.map((row) => [keyOf(row), row]));
  const told = new Map(wanted.map((content) => [keyOf(content), content]));
  const steps: Write[][] = [[], [], [], []];
  for (const key of new Set([...present.keys(), ...told.keys()])) {
    const row = present.get(key);
    for (const [step, write] of stepsOf(row, successor(row, told.get(key), request, resource))) steps[step]?.push(write);
  }
  return steps.filter((step) => step.length > 0);
}

/** In which step a row is written: denials that come, grants that come, grants that go, denials that go. */
function stepsOf(row: StoredEntry | undefined, after: StoredEntry | undefined): readonly (readonly [0 | 1 | 2 | 3, Write])[] {
  if (isDeepStrictEqual(row, after)) return [];
  if (after === undefined) return row === undefined ? [] : [[row.effect === 'deny' ? 3 : 2, { remove: row }]];
  if (after.effect === 'allow') return [[1, { put: after }]];
  if (row === undefined || covers(after, row)) return [[0, { put: after }]];
  return [...(covers(row, after) ? [] : ([[0, { put: bothDenied(row, after) }]] as const)), [3, { put: after }]];
}

/** Whether a denial covers what another one does. */
function covers(wide: StoredEntry, narrow: StoredEntry): boolean {
  if ((wide.expiresAt ?? Number.POSITIVE_INFINITY) < (narrow.expiresAt ?? Number.POSITIVE_INFINITY)) return false;
  return KINDS.every((kind) => (narrow[kind] ?? []).every((name) => (wide[kind] ?? []).includes(name)));
}

/** Until the grants beside it are written, a denial that changes covers what it covered and what it will. */
function bothDenied(row: StoredEntry, { expiresAt: _, ...after }: StoredEntry): StoredEntry {
  const both = KINDS.map((kind) => [kind, [...new Set([...(row[kind] ?? []), ...(after[kind] ?? [])])]]);
  return { ...after, ...Object.fromEntries(both) };
}

const KINDS = ['tools', 'resources', 'prompts'] as const;

function keyOf({ agent, entry }: Content): string {
  return JSON.stringify([agent, entry]);
}
