import type { CheckResult } from '../local/checks';
import { type Paint, seconds } from './terminal';

/** Members of a list that are shown; the rest is counted. */
const SHOWN = 6;

/** A check for people: its verdict, then what was seen. */
export function checkLines({ id, name, status, evidence, failures, missing, milliseconds }: CheckResult, paint: Paint): readonly string[] {
  const verdict = { pass: paint.green('✔ pass     '), fail: paint.red('✘ FAIL     '), not_built: paint.yellow('○ not built') }[status];
  return [
    `  ${verdict} ${id} ${paint.bold(name)}  ${paint.dim(seconds(milliseconds))}`,
    ...(failures ?? []).map((failure) => `      ${paint.red('✘')} ${failure}`),
    ...(missing === undefined ? [] : [`      ${paint.yellow('missing')} ${missing}`]),
    ...evidenceLines(evidence).map((line) => `      ${line}`),
  ];
}

export function checksSummary(results: readonly CheckResult[]): string {
  const count = (status: CheckResult['status']) => results.filter((result) => result.status === status).length;
  return `${count('pass')} of ${results.length} checks pass, ${count('fail')} failed, ${count('not_built')} not built yet`;
}

/** Numbers and words on one line, each list or table on lines of its own. */
function evidenceLines(evidence: Readonly<Record<string, unknown>>): readonly string[] {
  const entries = Object.entries(evidence);
  const plain = entries.filter(([, value]) => typeof value !== 'object' || value === null);
  const nested = entries.filter(([, value]) => typeof value === 'object' && value !== null);
  return [
    ...(plain.length > 0 ? [plain.map(([key, value]) => `${words(key)} ${value}`).join(' · ')] : []),
    ...nested.flatMap(([key, value]) => nestedLines(words(key), value as object)),
  ];
}

function nestedLines(title: string, value: object): readonly string[] {
  if (!Array.isArray(value)) return [`${title}: ${compact(value)}`];
  if (value.every((item) => typeof item !== 'object')) return [`${title}: ${value.length === 0 ? 'none' : value.join(', ')}`];
  const shown = value.slice(0, SHOWN).map((item) => `  ${compact(item)}`);
  return [`${title}:`, ...shown, ...(value.length > SHOWN ? [`  … and ${value.length - SHOWN} more`] : [])];
}

function compact(value: unknown): string {
  if (Array.isArray(value)) return value.map(compact).join(', ') || 'none';
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => `${words(key)} ${typeof inner === 'object' && inner !== null ? `(${compact(inner)})` : inner}`)
    .join(' · ');
}

/** `journalRows` → `journal rows`; names of servers and ids stay as they are. */
function words(key: string): string {
  return /^[a-z]+([A-Z][a-z]+)+$/.test(key) ? key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) : key;
}
