import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pack } from '../suites/pack';
import { type Attempt, personalEnvironment, run } from '../suites/program';
import type { Stage, Verdict } from '../suites/suite';
import { Background } from './background';

/** More of them than this, and it is no five minutes any more. */
const MOST_COMMANDS = 6;

/** What is typed, in this order; one that ends with ` &` stays up in another terminal. */
const COMMANDS: readonly (readonly [command: string, shows: RegExp])[] = [
  ['npm install --save-dev --prefer-offline ./cdk-mcp-fleet.tgz', /added \d+ packages/],
  ['npx mcp-fleet init', /Ready after/],
  ['npm start -- --port 0 --no-checks &', /AGENT +MAY USE/],
  [`npx mcp-fleet call writer@notes add_note '{"text":"hello"}'`, /This is note 1\.\nconfirmed/],
];

/** What somebody does next; it counts as no step towards the first call. */
const THEN: readonly (readonly [command: string, shows: RegExp])[] = [
  ['npx mcp-fleet tools reader@notes', /^TOOL[\s\S]*list_notes/m],
  ['npx mcp-fleet ledger tail', /notes\.add_note +confirmed/],
  ['npm test', /# pass 2|ℹ pass 2/],
  ['npx mcp-fleet check', /0 failed/],
];

/** Whether this suite types a command somewhere on its way. */
export function isTyped(command: string): boolean {
  return [...COMMANDS, ...THEN].some(([typed]) => typed === command);
}

/** From an empty folder to the first call, by the commands of the README. */
export async function runNewcomer(_options: object, { scratch, say, signal }: Stage): Promise<Verdict> {
  const tarball = await pack(scratch, signal);
  const folder = join(scratch, 'notes-company');
  mkdirSync(folder);
  await run('cp', [tarball, join(folder, 'cdk-mcp-fleet.tgz')], scratch, signal);
  const background = new Background(folder, personalEnvironment());
  const type = async (command: string, shows: RegExp): Promise<{ milliseconds: number; problem?: string }> => {
    const start = performance.now();
    const stays = command.endsWith(' &');
    const seen = stays
      ? await background.start(command.slice(0, -2), shows, signal)
      : await run('/bin/sh', ['-c', command], folder, signal);
    return { milliseconds: performance.now() - start, ...problemOf(seen, shows, stays) };
  };

  let milliseconds = 0;
  const failed: string[] = [];
  try {
    for (const [steps, counts] of [
      [COMMANDS, true],
      [THEN, false],
    ] as const) {
      for (const [command, shows] of steps) {
        const typed = await type(command, shows);
        if (counts) milliseconds += typed.milliseconds;
        say(`${typed.problem === undefined ? '✔' : '✘'} ${(typed.milliseconds / 1000).toFixed(1).padStart(6)} s  ${command}`);
        if (typed.problem === undefined) continue;
        say(typed.problem);
        failed.push(command);
        if (counts) break;
      }
      if (failed.length > 0) break;
    }
  } finally {
    await background.stop();
  }
  const count = COMMANDS.length;
  const seconds = Math.round(milliseconds / 1000);
  return {
    passed: failed.length === 0 && count <= MOST_COMMANDS,
    facts: [`${count} commands, ${seconds} s from an empty folder to the first call`, ...failed.map((command) => `failed: ${command}`)],
    document: { commands: count, seconds, failed },
  };
}

function problemOf({ code, output }: Attempt, shows: RegExp, stays: boolean): { problem?: string } {
  if ((stays || code === 0) && shows.test(output)) return {};
  return { problem: `exit code ${code}, wanted ${shows}:\n${output}` };
}
