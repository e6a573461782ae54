import { type Paint, seconds } from '../../core/paint';
import { laidOut } from '../log-lines';
import { plain } from '../terminal';
import type { ResourceCounts, WatchEvent } from './watch-events';

const SHOWN_FILES = 3;
const SHOWN_LINES = 30;
const SHOWN_LENGTH = 200;

/** An event of `--watch` for people; those of one change make a block. */
export function watchLines(event: WatchEvent, paint: Paint): readonly string[] {
  switch (event.event) {
    case 'watch_ready':
      return [`  ${paint.dim(`watching ${event.folders.join(', ')}; what you save is applied`)}`];
    case 'watch_change':
      return ['', `  ${paint.bold('↻')} ${clock(event.at)} saved ${filesText(event.files)}`];
    case 'watch_synth': {
      const dummies = event.missing.length === 0 ? '' : `; dummies stand for ${event.missing.join(', ')}`;
      const took = event.milliseconds === 0 ? 'read' : `synthesized in ${seconds(event.milliseconds)}`;
      return [
        `    ${paint.dim(`… ${took}: ${countsText(event)}${dummies}`)}`,
        ...event.meaning.map((line) => `      ${bounded(plain(line))}`),
      ];
    }
    case 'watch_roll':
      return [`    ${paint.dim(`… ${event.service} rolls (${event.tasks} ${event.tasks === 1 ? 'task' : 'tasks'})`)}`];
    case 'watch_applied':
      return [
        `  ${paint.green('✔')} serves ${seconds(event.sinceChangeMs)} after the change (applied in ${seconds(event.milliseconds)})`,
        '',
      ];
    case 'watch_unchanged':
      return [`  ${paint.green('✔')} nothing of the fleet changes`];
    case 'watch_failed':
      return failureLines(event, paint);
    case 'watch_superseded':
      return [`    ${paint.dim(`… given up after ${seconds(event.milliseconds)}, for something newer was saved`)}`];
    case 'watch_hint':
      return [`  ${paint.yellow('○')} ${bounded(plain(event.message))}`];
  }
}

function failureLines({ stage, message, runningSince }: Extract<WatchEvent, { event: 'watch_failed' }>, paint: Paint): readonly string[] {
  const [first = '', ...more] = message.split('\n').flatMap(withoutLogs).map(plain);
  // The first lines say what is wrong, the last ones what came of it.
  const shown = more.length <= SHOWN_LINES ? more : [...more.slice(0, SHOWN_LINES / 2), '…', ...more.slice(-SHOWN_LINES / 2)];
  return [
    `  ${paint.red('✘')} ${bounded(first)}`,
    ...shown.map((line) => `      ${paint.dim('│')} ${bounded(line)}`),
    `    ${stage === 'synthesis' ? 'nothing was changed; ' : ''}the version of ${clock(runningSince)} keeps running`,
  ];
}

/** What our own programs have logged stands in a message as it was written, behind spaces, and cut: of that, what tells why. */
function withoutLogs(line: string): readonly string[] {
  const [indent = ''] = /^ */.exec(line) ?? [];
  const text = line.slice(indent.length);
  if (!text.startsWith('{"level":')) return [line];
  const [, words] = /"words":"((?:[^"\\]|\\.)*)/.exec(text) ?? [];
  if (words !== undefined) return (JSON.parse(`"${words}"`) as string).split('\n').map((word) => indent + word);
  return text.startsWith('{"level":"info"') ? [] : [indent + laidOut(text)];
}

function filesText(files: readonly string[]): string {
  const shown = files.slice(0, SHOWN_FILES).map(plain).join(', ');
  return files.length > SHOWN_FILES ? `${shown} and ${files.length - SHOWN_FILES} more` : shown;
}

function countsText({ made, changed, removed }: ResourceCounts): string {
  const counts = [
    [made, 'new'],
    [changed, 'changed'],
    [removed, 'removed'],
  ] as const;
  const said = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return said.length === 0 ? 'no resource changes' : `${said.join(', ')} of its resources`;
}

/** `14:03:22`, as the clock on the wall says it. */
function clock(iso: string): string {
  return new Date(iso).toTimeString().slice(0, 8);
}

function bounded(line: string): string {
  return line.length > SHOWN_LENGTH ? `${line.slice(0, SHOWN_LENGTH - 1)}…` : line;
}
