import { type Paint, seconds } from '../core/paint';
import { laidOut } from './log-lines';
import { plain } from './terminal';
import type { Recovery, Trouble } from './troubles';

const SHOWN_LINES = 8;
const SHOWN_LENGTH = 160;

/** A trouble for people: who, what happened, the last words, and where there are more. */
export function troubleLines(trouble: Trouble, paint: Paint): readonly string[] {
  const { event, lines } = trouble;
  const mark = event === 'waiting' ? paint.yellow('○') : paint.red('✘');
  const said = lastOf(lines.map(laidOut));
  return [
    `  ${mark} ${paint.bold(nameOf(trouble))}${partOf(trouble)} ${bounded(plain(trouble.what))}${whatFollows(trouble)}`,
    ...(said.length === 0 ? [`      ${paint.dim('it has written nothing')}`] : said.map((line) => `      ${paint.dim('│')} ${line}`)),
    `      ${paint.dim('more:')} ${moreCommand(trouble)}`,
  ];
}

export function recoveryLine(recovery: Recovery, paint: Paint): string {
  const { times, withinMs } = recovery;
  const since = times === 1 ? '' : `, after ${times} troubles in ${seconds(withinMs)}`;
  return `  ${paint.green('✔')} ${paint.bold(nameOf(recovery))} is healthy again${since}`;
}

/** The same for programs, as an event of `mcp-fleet local --json`. */
export function troubleDocument({ event, lines, what, exit, ...trouble }: Trouble): object {
  const { service, server, role, container, task, times, withinMs, retryMs } = trouble;
  return {
    event: 'trouble',
    kind: event,
    service,
    ...(server !== undefined && { server }),
    role,
    container,
    task,
    what: plain(what),
    ...(exit && { exitCode: exit.code, signal: exit.signal }),
    times,
    withinMs,
    ...(retryMs !== undefined && { retryMs }),
    lines: lastOf(lines),
    more: moreCommand(trouble),
  };
}

export function recoveryDocument({ service, server, role, times, withinMs }: Recovery): object {
  return { event: 'recovered', service, ...(server !== undefined && { server }), role, times, withinMs };
}

function nameOf({ server, role, service }: Pick<Trouble, 'server' | 'role' | 'service'>): string {
  return server ?? (role === 'gateway' ? 'gateway' : service);
}

/** Which of its programs, where it is not the one that the name is of. */
function partOf({ server, role, container }: Trouble): string {
  if (role === 'sidecar') return ': its sidecar';
  return role === 'server' && server !== undefined && container !== 'server' ? `: its container ${container}` : '';
}

function whatFollows({ event, times, withinMs, retryMs }: Trouble): string {
  const often = times > 1 ? [`${ordinal(times)} time in ${seconds(withinMs)}`] : [];
  const next = retryMs === undefined ? [] : [`next try in ${seconds(retryMs)}`];
  const said = [...often, ...next, ...(event === 'lost' ? ['its task goes on'] : [])];
  return said.length === 0 ? '' : `; ${said.join(', ')}`;
}

function moreCommand({ server, role }: Pick<Trouble, 'server' | 'role'>): string {
  return ['mcp-fleet logs', server ?? (role === 'gateway' ? 'gateway' : '')].join(' ').trimEnd();
}

function lastOf(lines: readonly string[]): readonly string[] {
  const said = lines.map(plain).filter((line) => line !== '');
  return said.slice(-SHOWN_LINES).map(bounded);
}

function bounded(line: string): string {
  return line.length > SHOWN_LENGTH ? `${line.slice(0, SHOWN_LENGTH - 1)}…` : line;
}

function ordinal(number: number): string {
  const ending = { one: 'st', two: 'nd', few: 'rd', other: 'th', zero: 'th', many: 'th' };
  return `${number}${ending[ORDINAL.select(number)]}`;
}

const ORDINAL = new Intl.PluralRules('en', { type: 'ordinal' });
