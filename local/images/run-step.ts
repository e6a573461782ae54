import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { delimiter, isAbsolute, join, posix } from 'node:path';
import { Offspring } from '../../sidecar/offspring';
import type { Log } from '../logs/log-book';
import { executableOn, nodePath } from '../processes/executable';
import { exitText, startProgram } from '../processes/program';
import type { Reaper } from '../processes/reaper';
import { copy, type Source } from './copy';
import type { Instruction } from './dockerfile';
import { type Image, pathsOf } from './image';
import { mountOf } from './judge';
import { inRoot } from './rooted';
import { type RunCommand, runCommands } from './run-commands';
import type { Lookup } from './words';

/** One RUN, and the image as it is before it. */
export interface RunStep {
  readonly instruction: Instruction;
  readonly lookup: Lookup;
  readonly root: string;
  readonly workdir: string;
  /** The build context, for what is mounted from it. */
  readonly context: Source;
  /** ENV and ARG. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Where commands run and what becomes of their output. */
export interface RunPlace {
  readonly log: Log;
  readonly reaper: Reaper;
  /** Where npm, pnpm and yarn keep what they have downloaded, for the next build. */
  readonly downloads: string;
  /** Told of each process, so that it can be ended. */
  readonly started: (end: () => void) => void;
}

/** An installation that takes longer waits for something that does not come, in milliseconds. */
const LIMIT = 15 * 60_000;

/** Carries out the commands of a RUN one after the other. @throws Error with how one ended, and its last lines */
export async function runStep(step: RunStep, place: RunPlace): Promise<void> {
  const mounted = mount(step);
  let { workdir } = step;
  for (const command of runCommands(step.instruction.text, step.lookup)) {
    const [program, ...rest] = command.words;
    if (program === 'cd') workdir = posix.resolve(workdir, rest[0] ?? '/root');
    else if (program === 'mkdir')
      for (const folder of rest.filter((word) => word !== '-p'))
        mkdirSync(inRoot(step.root, posix.resolve(workdir, folder)), { recursive: true });
    else await runCommand(command, { ...step, workdir }, place);
  }
  for (const path of mounted) rmSync(path, { recursive: true, force: true });
}

async function runCommand({ words, environment }: RunCommand, step: RunStep, { log, reaper, downloads, started }: RunPlace): Promise<void> {
  const cwd = inRoot(step.root, step.workdir);
  if (!existsSync(cwd)) throw new Error(`there is no folder ${step.workdir} in the image`);
  const [program, ...rest] = atHome(words, step.root);
  const env: Record<string, string> = {
    ...environmentOf({ ...step, environment: { ...step.environment, ...environment } }, downloads),
    // npm warns of settings that are not its own. Copies, because a link into the store would let a program change the store.
    ...(program === 'pnpm' && { npm_config_store_dir: join(downloads, 'pnpm'), npm_config_package_import_method: 'copy' }),
  };
  const file = program === 'node' ? process.execPath : executableOn(program as string, env.PATH as string);
  if (file === undefined)
    throw new Error(`${program} is not installed on this machine; install it, or let the Dockerfile do so (npm install -g ${program})`);
  const running = await startProgram({ argv: [file, ...rest], cwd, env, log, reaper, offspring: new Offspring() });
  started(() => running.signal('SIGKILL'));
  const timer = setTimeout(() => running.signal('SIGKILL'), LIMIT);
  const exit = await running.exited;
  clearTimeout(timer);
  if (exit.code === 0) return;
  const tail = log.tail().map((line) => `      ${line}`);
  throw new Error([`${words.join(' ')} ${exitText(exit)}; its last lines:`, ...tail].join('\n'));
}

/** What follows these is code, or a path of this machine already. */
const AS_IT_IS = ['-e', '--eval', '-p', '--print', '-pe', '--install-directory'];

/** Absolute paths mean the image's, also after `=`, whether they exist yet or not. */
function atHome(words: readonly string[], root: string): string[] {
  const [program = '', ...rest] = words;
  const own = program === 'corepack' && rest[0] === 'enable' ? [...rest, '--install-directory', inRoot(root, '/usr/local/bin')] : rest;
  return [
    program,
    ...own.map((word, index) => {
      if (AS_IT_IS.includes(own[index - 1] ?? '')) return word;
      if (isAbsolute(word)) return inRoot(root, word);
      const [, option, path] = /^(--?[\w-]+=)(\/.*)$/s.exec(word) ?? [];
      return path === undefined ? word : `${option}${inRoot(root, path)}`;
    }),
  ];
}

/**
 * Built from nothing, as in a container: what the caller's shell exports may hold secrets, and must not decide what is built.
 * Only the way to a registry is this machine's: proxies, where their address holds no password, and further authorities.
 */
function environmentOf({ root, environment, workdir }: RunStep, downloads: string): Record<string, string> {
  const image: Image = { root, environment, workdir, entrypoint: [], command: [], inheritsEntrypoint: true };
  mkdirSync(inRoot(root, '/usr/local/bin'), { recursive: true });
  mkdirSync(inRoot(root, '/root'), { recursive: true });
  return {
    LANG: 'C.UTF-8',
    ...networkOf(process.env),
    ...environment,
    PATH: [...pathsOf(image), ...nodePath()].join(delimiter),
    HOME: inRoot(root, '/root'),
    npm_config_prefix: inRoot(root, '/usr/local'),
    npm_config_cache: join(downloads, 'npm'),
    npm_config_update_notifier: 'false',
    COREPACK_HOME: join(downloads, 'corepack'),
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
  };
}

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

function networkOf(caller: NodeJS.ProcessEnv): Record<string, string> {
  const names = [...PROXIES, 'NODE_EXTRA_CA_CERTS'].filter((name) => caller[name] !== undefined && !/:\/\/[^/]*@/.test(caller[name]));
  return Object.fromEntries(names.map((name) => [name, caller[name] as string]));
}

/** `RUN --mount=type=bind`: files of the context that are there for the RUN only. @returns what is to be taken away */
function mount({ instruction, context, root, workdir }: RunStep): string[] {
  return instruction.flags.flatMap(({ value }) => {
    const wanted = mountOf(value);
    if (wanted === undefined || wanted === 'cache') return [];
    const target = posix.resolve(workdir, wanted.target);
    const path = inRoot(root, target);
    if (existsSync(path)) return [];
    copy({
      from: context,
      sources: [wanted.source],
      root,
      workdir,
      destination: target,
    });
    return [path];
  });
}
