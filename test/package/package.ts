import { join } from 'node:path';
import { pack } from '../suites/pack';
import { type Attempt, run } from '../suites/program';
import type { Stage, Verdict } from '../suites/suite';
import { foundCompany } from './company';
import { contentsOf, strangers } from './contents';
import { brokenLinks } from './links';
import { opaqueErrors } from './opaque';
import { snippetErrors } from './snippets';
import { typeErrors } from './types';

/** What is tried: a name, and what is wrong; nothing when it holds. */
type Trial = readonly [name: string, problems: () => Promise<readonly string[]>];

/** Packs the package, installs it as a company would, and tries what a company would. */
export async function runPackage(_options: object, { scratch, say, signal }: Stage): Promise<Verdict> {
  const tarball = await pack(scratch, signal);
  const contents = await contentsOf(tarball, scratch, signal);
  const company = await foundCompany(join(scratch, 'company'), tarball, signal);
  const command = (...words: string[]) =>
    run(join(company.folder, 'node_modules/.bin', words[0] as string), words.slice(1), company.folder, signal);
  const node = (...args: string[]) => run(process.execPath, args, company.folder, signal);

  const trials: readonly Trial[] = [
    ['nothing is in it that it does not need', async () => strangers(contents)],
    ['its links lead to what is in it', async () => brokenLinks(contents)],
    ['it brings no packages', async () => company.brought.filter((name) => name !== 'cdk-mcp-fleet')],
    ['cdk synth', async () => unless(await command('cdk', 'synth', '--quiet'))],
    ['mcp-fleet --help', async () => unless(await command('mcp-fleet', '--help'), 'Runs, watches and proves a fleet')],
    ['mcp-fleet local --once', async () => unless(await command('mcp-fleet', 'local', '--once', '--port', '0', '--persist', 'state'))],
    ['required from CommonJS', async () => unless(await node('use.cjs'), 'function function')],
    ['imported into an ES module', async () => unless(await node('use.mjs'), 'function function')],
    ...typeErrors(company, signal),
    ['what is wrong does not compile', () => opaqueErrors(company, signal)],
    ['the snippets of README and docs', () => snippetErrors(company, contents, signal)],
  ];
  let failed = 0;
  for (const [name, problemsOf] of trials) {
    const problems = await problemsOf();
    signal.throwIfAborted();
    if (problems.length > 0) failed++;
    say(`${problems.length === 0 ? '✔' : '✘'} ${name}`);
    for (const problem of problems) say(`    ${problem}`);
  }
  const { files, packedBytes, bytes } = contents;
  const size = `${files.length} files, ${megabytes(packedBytes)} packed, ${megabytes(bytes)} unpacked`;
  return {
    passed: failed === 0,
    counts: { passed: trials.length - failed, failed },
    facts: [size],
    document: { files: files.length, packedBytes, bytes, trials: trials.length, failed },
  };
}

/** What a program said, unless it ended well and said what it should. */
function unless({ code, output }: Attempt, wanted = ''): readonly string[] {
  if (code === 0 && output.includes(wanted)) return [];
  return [`exit code ${code}${wanted && `, wanted "${wanted}"`}`, ...output.trim().split('\n').slice(-40)];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
