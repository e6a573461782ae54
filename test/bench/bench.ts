import { join } from 'node:path';
import { Ports } from '../../local/processes/ports';
import { openAuthority } from '../suites/authority';
import { bundle } from '../suites/bundling';
import type { Stage, Verdict } from '../suites/suite';
import { Generator } from './generator/generator';
import { LOADS, type LoadKind } from './loads';
import type { Options } from './options';
import { serve } from './process';
import { type LoadResult, linesOf, playRounds } from './rounds';
import type { Target } from './targets/target';
import { TARGETS } from './targets/targets';

/** Programs of the bench, by the names of their bundles. */
const PROGRAMS = {
  generator: 'test/bench/generator/main.ts',
  instant: 'test/bench/upstreams/instant.ts',
  tables: 'test/bench/stand-ins/tables.ts',
  'node-pipe': 'test/bench/proxies/node-pipe.ts',
  'gateway-like': 'test/bench/proxies/gateway-like.ts',
};

export async function runBench(options: Options, { scratch, signal, say }: Stage): Promise<Verdict> {
  const programs = join(scratch, 'programs');
  await bundle(PROGRAMS, programs);
  const ports = new Ports();
  const running: { stop(): Promise<void> }[] = [];
  const started = async <Part extends { stop(): Promise<void> }>(part: Promise<Part>): Promise<Part> => {
    running.unshift(await part);
    return part;
  };
  const own = async (name: string, env: Readonly<Record<string, string>> = {}) =>
    started(
      serve({
        name,
        command: [process.execPath, join(programs, `${name}.js`)],
        port: await ports.take(),
        env,
        log: join(scratch, `${name}.log`),
      }),
    );
  try {
    const authority = await started(openAuthority('RS256'));
    const upstream = await own('instant');
    const tables = await own('tables', { DELAY_MS: String(options.tableMs) });
    const surroundings = { scratch, programs, ports, upstream: upstream.port, tables: tables.port, authority, node: process.execPath };
    const targets: Target[] = [];
    for (const name of options.targets) targets.push(await started(TARGETS[name](surroundings)));
    const generator = new Generator(join(programs, 'generator.js'));
    running.unshift(generator);
    const results: LoadResult[] = [];
    for (const load of LOADS.filter(({ name }) => options.loads.includes(name)) as readonly LoadKind[]) {
      results.push(await playRounds(load, targets, { ...options, generator, beside: { upstream, tables }, signal, say }));
      for (const line of linesOf(results.at(-1) as LoadResult)) say(line);
    }
    return verdictOf(results);
  } finally {
    for (const part of running) await part.stop();
  }
}

function verdictOf(results: readonly LoadResult[]): Verdict {
  const wrong = results.flatMap(({ rows }) => rows).reduce((sum, row) => sum + row.wrong, 0);
  return { passed: wrong === 0, facts: [`${wrong} wrong answers`], document: { results } };
}
