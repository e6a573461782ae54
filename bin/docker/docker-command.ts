import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { askAccount, type Environment } from './ask-account';

/** What is asked of docker and is not done here. */
export class Refusal extends Error {}

/** Options of `docker build` that mean something here, or nothing on one machine; others may change what the image is. */
const BUILD = {
  tag: { type: 'string', short: 't' },
  file: { type: 'string', short: 'f' },
  target: { type: 'string' },
  'build-arg': { type: 'string', multiple: true },
  output: { type: 'string', multiple: true },
  platform: { type: 'string' },
  'no-cache': { type: 'boolean' },
  'cache-from': { type: 'string', multiple: true },
  'cache-to': { type: 'string', multiple: true },
  network: { type: 'string' },
} as const;
const REFUSED_BUILD = ['--secret', '--ssh', '--build-context'];

/**
 * The part of docker's command line that the CDK command line speaks, for images that a local account runs as processes: nothing
 * is built, the account takes the build context.
 * @returns exit code
 */
export async function dockerCommand(args: readonly string[], folder: string, environment: Environment): Promise<number> {
  const [command, ...rest] = args[0] === '--config' ? args.slice(2) : args;
  switch (command) {
    case 'inspect':
      return (await inspect(only(rest, 'inspect'), environment)) ? 0 : 1;
    case 'build':
      await build(rest, folder, environment);
      return 0;
    case 'tag': {
      const [source, target, ...more] = rest;
      if (source === undefined || target === undefined || more.length > 0) throw new Refusal('tag takes a source and a target.');
      await askAccount('Tag', { source, target }, environment);
      return 0;
    }
    case 'push':
      await askAccount('Push', { tag: only(rest, 'push') }, environment);
      return 0;
    // The credentials of the account are in the environment.
    case 'login':
    case 'logout':
      return 0;
    default:
      throw new Refusal(`it does not know "${command ?? ''}"; it has inspect, build, tag, push, login and logout.`);
  }
}

async function inspect(tag: string, environment: Environment): Promise<boolean> {
  const { exists } = await askAccount<{ exists: boolean }>('Inspect', { tag }, environment);
  if (exists) process.stdout.write('[{}]\n');
  else process.stderr.write(`Error: No such object: ${tag}\n`);
  return exists;
}

async function build(args: readonly string[], folder: string, environment: Environment): Promise<void> {
  const refused = args.find((argument) => REFUSED_BUILD.some((option) => argument === option || argument.startsWith(`${option}=`)));
  if (refused !== undefined) throw new Refusal(`build with ${refused.replace(/=.*/s, '')} is not done here.`);
  const { values, positionals } = parsed(args);
  const output = values.output?.find((each) => each !== 'type=docker');
  if (output !== undefined) throw new Refusal(`build with --output ${output} is not done here.`);
  if (values.tag === undefined) throw new Refusal('build needs a --tag.');
  const request = {
    context: resolve(folder, only(positionals, 'build')),
    tag: values.tag,
    dockerfile: values.file ?? 'Dockerfile',
    buildArguments: Object.fromEntries((values['build-arg'] ?? []).map((text) => argumentOf(text, environment))),
    ...(values.target !== undefined && { target: values.target }),
  };
  await askAccount('Build', request, environment);
  process.stderr.write(`kept ${request.context} as ${values.tag}; its image is made when a task of it starts\n`);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: BUILD, allowPositionals: true, strict: true });
  } catch (error) {
    throw new Refusal(`build: ${(error as Error).message}`);
  }
}

/** `NAME=VALUE`, or `NAME` for a variable of the environment. */
function argumentOf(text: string, environment: Environment): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, environment[text] ?? ''] : [text.slice(0, at), text.slice(at + 1)];
}

function only(values: readonly string[], command: string): string {
  const [value, ...more] = values;
  if (value !== undefined && !value.startsWith('-') && more.length === 0) return value;
  throw new Refusal(`${command} takes one argument, and was given "${values.join(' ')}".`);
}
