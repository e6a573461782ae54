import type { Paint } from '../core/paint';
import type { MeaningChange, Severity } from '../meaning/change';
import type { StackDeployment, TouchedResource } from '../meaning/deployment';
import { plain, terminal } from './terminal';

/** As wide as the widest severity. */
const WIDTH = 7;
/** Longest value in a line; JSON has it whole. */
const LONGEST = 160;
/** Names of resources that a line has room for, beside those that hold data. */
const NAMED = 6;

/** Changes in meaning for people: grouped by fleet and server, what widens first. Nothing that stands in them acts on a terminal. */
export function meaningLines(changes: readonly MeaningChange[], paint: Paint = terminal(false).paint): string[] {
  const places = new Set(changes.map(placeOf));
  return [...places].flatMap((place) => [
    paint.bold(plain(place)),
    ...changes.filter((change) => placeOf(change) === place).map((change) => lineOf(change, paint)),
  ]);
}

/** How many there are of each severity, in one line. */
export function summaryOf(changes: readonly MeaningChange[]): string {
  if (changes.length === 0) return 'Nothing changes in meaning.';
  const count = (severity: Severity): number => changes.filter((change) => change.severity === severity).length;
  const breaking = changes.filter(({ breaks }) => breaks !== undefined).length;
  const words = (['widens', 'narrows', 'changes'] as const).map(
    (severity) => `${count(severity)} ${severity === 'changes' ? 'changes' : severity}`,
  );
  return [words[0], `${breaking} breaks`, ...words.slice(1)].join(' · ');
}

/** What CloudFormation will do: a line for each stack. */
export function deploymentLines(stacks: readonly StackDeployment[], paint: Paint = terminal(false).paint): string[] {
  return stacks.map(({ stack, added, changed, replaced, mayBeReplaced, removed }) => {
    const counts = [
      `${added} added`,
      `${changed} changed`,
      counted(replaced, 'replaced', paint),
      ...(mayBeReplaced.length > 0 ? [counted(mayBeReplaced, 'may be replaced', paint)] : []),
      counted(removed, 'removed', paint),
    ];
    return `${paint.dim('CloudFormation')} ${plain(stack)}: ${counts.join(', ')}`;
  });
}

function placeOf({ fleet, server }: MeaningChange): string {
  return server === undefined ? fleet : `${fleet} / ${server}`;
}

function lineOf({ kind, severity, what, before, after, breaks }: MeaningChange, paint: Paint): string {
  const tint = { widens: paint.red, breaks: paint.yellow, narrows: paint.green, changes: paint.dim }[severity];
  const values = kind === 'untold' ? `: ${shown(before ?? after ?? '')}` : valuesOf(before, after);
  const consequence = breaks === undefined ? '' : paint.yellow(`  ${severity === 'breaks' ? '' : 'breaks: '}${plain(breaks)}`);
  return `  ${tint(severity.padEnd(WIDTH))}  ${plain(what)}${values}${consequence}`;
}

function valuesOf(before: string | undefined, after: string | undefined): string {
  if (before === undefined && after === undefined) return '';
  if (before === undefined) return `: + ${shown(after ?? '')}`;
  return after === undefined ? `: − ${shown(before)}` : `: ${shown(before)} → ${shown(after)}`;
}

function shown(text: string): string {
  const line = plain(text);
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}…`;
}

/** Those that hold data by name, always; of the others the first ones. */
function counted(resources: readonly TouchedResource[], word: string, paint: Paint): string {
  if (resources.length === 0) return `0 ${word}`;
  const stateful = resources.filter((resource) => resource.stateful);
  const others = resources.filter((resource) => !resource.stateful);
  const names = [
    ...stateful.map(({ name, kept }) => paint.red(`${plain(name)} STATEFUL${kept ? ', kept' : ''}`)),
    ...others.slice(0, NAMED).map(({ name }) => plain(name)),
    ...(others.length > NAMED ? [`${others.length - NAMED} more`] : []),
  ];
  return `${resources.length} ${word} (${names.join('; ')})`;
}
