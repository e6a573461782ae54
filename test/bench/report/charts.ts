import type { LoadResult } from '../load-result';

/** Charts that GitHub draws of a few lines of text (mermaid, xychart). */

/** Calls a second of each target against nginx. */
export function barsOf({ title, rows }: LoadResult): string {
  const shown = rows.filter(({ ratio }) => ratio !== undefined);
  const names = shown.map(({ target }) => `"${target}"`);
  const values = shown.map(({ ratio }) => ratio?.median.toFixed(2));
  return chart([
    'xychart-beta horizontal',
    `title "${title}: calls a second, nginx = 1"`,
    `x-axis [${names.join(', ')}]`,
    `bar [${values.join(', ')}]`,
  ]);
}

/** Calls a second by the number of sessions, each target against itself with the fewest. */
export function growthOf(results: readonly LoadResult[], targets: readonly string[]): string {
  const rate = (result: LoadResult, target: string) => result.rows.find((row) => row.target === target)?.ratio?.median ?? Number.NaN;
  const lines = targets.map((target) => {
    const first = rate(results[0] as LoadResult, target);
    return `line [${results.map((result) => (rate(result, target) / first).toFixed(2)).join(', ')}]`;
  });
  const sessions = results.map(({ load }) => `"${load.replace(/\D/g, '')}"`);
  return chart([
    'xychart-beta',
    `title "Calls a second against nginx by sessions, 10 = 1: ${targets.join(', ')}"`,
    `x-axis [${sessions.join(', ')}]`,
    'y-axis 0 --> 1.4',
    ...lines,
  ]);
}

function chart([kind = '', ...lines]: readonly string[]): string {
  return ['```mermaid', kind, ...lines.map((line) => `  ${line}`), '```'].join('\n');
}
