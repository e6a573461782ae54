import type { CheckResult, CheckStatus } from '../checks';
import { type Paint, seconds } from '../core/paint';

/** Members of a list that are shown; the rest is counted. */
const SHOWN = 6;

/** A check for people: its verdict, then what was seen. */
export function checkLines(
  { id, name, status, evidence, failures, missing, notProbed, milliseconds }: CheckResult,
  paint: Paint,
): readonly string[] {
  return [
    `  ${verdictOf(status, paint)} ${id} ${paint.bold(name)}  ${paint.dim(seconds(milliseconds))}`,
    ...(failures ?? []).map((failure) => `      ${paint.red('✘')} ${failure}`),
    ...(missing === undefined ? [] : [`      ${paint.yellow('missing')} ${missing}`]),
    ...(notProbed ?? []).map((left) => `      ${status === 'not_probed' ? paint.yellow('not probed') : paint.dim('not probed')} ${left}`),
    ...evidenceLines(evidence).map((line) => `      ${line}`),
  ];
}

function verdictOf(status: CheckStatus, paint: Paint): string {
  switch (status) {
    case 'pass':
      return paint.green('✔ pass      ');
    case 'fail':
      return paint.red('✘ FAIL      ');
    case 'not_built':
      return paint.yellow('○ not built ');
    case 'not_probed':
      return paint.yellow('○ not probed');
  }
}

export function checksSummary(results: readonly CheckResult[]): string {
  const count = (status: CheckResult['status']) => results.filter((result) => result.status === status).length;
  const unprobed = count('not_probed');
  const said = [`${count('fail')} failed`, `${count('not_built')} not built yet`, ...(unprobed > 0 ? [`${unprobed} not probed`] : [])];
  return `${count('pass')} of ${results.length} checks pass, ${said.join(', ')}`;
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
