import { execForm, expand, type Lookup, splitWords } from './words';

/** One command of a RUN. */
export interface RunCommand {
  /** Variables that are set for this command only. */
  readonly environment: Readonly<Record<string, string>>;
  readonly words: readonly [string, ...string[]];
}

/** What installs and builds a Node.js program, and what only prepares its files. */
const PROGRAMS = ['npm', 'npx', 'pnpm', 'yarn', 'node', 'corepack', 'mkdir', 'chmod', 'cd'] as const;
/** What has no meaning for a process here: users and owners, like USER; and what does nothing anywhere. */
const NOTHING = ['chown', 'addgroup', 'adduser', 'groupadd', 'useradd', 'usermod', 'true', ':', 'set'];

/** A build layer is made smaller so; here it is what the next build does not have to download. */
const CLEANING = /^(npm cache|yarn cache|pnpm store) /;

/** For the fix. */
export const RUNNABLE = `${PROGRAMS.join(', ')} and ${NOTHING.slice(0, 2).join(', ')} …, joined by &&`;

const ASSIGNMENT = /^[A-Za-z_]\w*=/;

/**
 * The commands of a RUN that can be carried out without Docker and without a shell; commands without an effect are left out.
 * @throws Error that says what only a shell, or only Docker, can do
 */
export function runCommands(text: string, lookup: Lookup): RunCommand[] {
  const exec = execForm(text);
  if (exec) return commandOf({}, exec);
  return splitAtAnd(text).flatMap((words) => {
    const shell = words.find((word) => onlyForShell(word));
    if (shell !== undefined) throw new Error(`${shell} needs a shell`);
    const first = words.findIndex((word) => !ASSIGNMENT.test(word));
    const assigned = words.slice(0, first === -1 ? words.length : first);
    const environment = assigned.map((word) => {
      const [name = ''] = word.split('=', 1);
      return [name, expand(word.slice(name.length + 1), lookup)];
    });
    return commandOf(
      Object.fromEntries(environment),
      words.slice(assigned.length).flatMap((word) => valuesOf(word, lookup)),
    );
  });
}

function commandOf(environment: Record<string, string>, [program, ...rest]: readonly string[]): RunCommand[] {
  if (program === undefined) throw new Error('a command is missing');
  if (NOTHING.includes(program) || CLEANING.test([program, ...rest].join(' '))) return [];
  if (!(PROGRAMS as readonly string[]).includes(program)) throw new Error(`${program} cannot be run`);
  if (program === 'mkdir' && !rest.every((word) => !word.startsWith('-') || word === '-p'))
    throw new Error('mkdir takes -p and nothing else');
  return [{ environment, words: [program, ...rest] }];
}

/** A word that is nothing but variables vanishes where they have no value, as in a shell. */
function valuesOf(word: string, lookup: Lookup): string[] {
  const value = expand(word, lookup);
  return value === '' && !/['"]/.test(word) ? [] : [value];
}

function splitAtAnd(text: string): string[][] {
  const commands: string[][] = [[]];
  for (const word of splitWords(spaced(text))) {
    if (word === '&&') commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return commands;
}

/** `a&&b` and `a && b` are one to a shell. */
function spaced(text: string): string {
  return text.replaceAll(/"(?:\\.|[^"\\])*"|'[^']*'|\\.|&&/gs, (part) => (part === '&&' ? ' && ' : part));
}

/** What a word has outside of quotes that a shell would act on. */
function onlyForShell(word: string): boolean {
  const bare = word.replaceAll(/\\.|'[^']*'/gs, '');
  return /\$\(|`/.test(bare) || /[|;<>&(){}*?[\]~]/.test(bare.replaceAll(/"[^"]*"|\$\{[^}]*\}/g, ''));
}
