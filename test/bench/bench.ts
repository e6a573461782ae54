import { join } from 'node:path';
import { Ports } from '../../local/processes/ports';
import { bundle } from '../suites/bundling';
import { type PackageCache, packageCache } from '../suites/package-cache';
import type { Stage, Verdict } from '../suites/suite';
import { runGuard } from './guard/guard';
import { type LoadResult, resultOf } from './load-result';
import { LOADS, type Load, STREAMS_LOAD, type UpstreamName } from './loads';
import { type Node, nodeOf } from './node';
import type { Options } from './options';
import { writePage } from './report/page';
import { linesOf, type Table } from './report/table';
import { tableOfLoad, tableOfStreams } from './report/tables';
import type { BenchResults } from './results';
import { playRounds, type RoundsParts } from './rounds';
import { openStage, type StageParts } from './stage';
import { listeners, playStreams, type StreamsRow } from './streams';
import { kindOf } from './targets/targets';
import { type Variant, variantsOf } from './variants';
import { verdictOf } from './verdict';

/** Programs of the bench, by the names of their bundles. */
const PROGRAMS = {
  generator: 'test/bench/generator/main.ts',
  tables: 'test/bench/stand-ins/tables.ts',
  instant: 'test/bench/upstreams/instant.ts',
  stdio: 'test/bench/upstreams/stdio.ts',
  'sdk-v1': 'test/bench/upstreams/sdk-v1.ts',
  'sdk-v2': 'test/bench/upstreams/sdk-v2.ts',
  'node-pipe': 'test/bench/proxies/node-pipe.ts',
  'sdk-proxy': 'test/bench/proxies/sdk-proxy.ts',
  'gateway-like': 'test/bench/proxies/gateway-like.ts',
};

/** Puts every target under every load, each beside all others, and looks at every answer. */
export async function runBench(options: Options, stage: Stage): Promise<Verdict> {
  if (process.platform !== 'linux') throw new Error('the bench reads what processes take from /proc, which only Linux has');
  const programs = join(stage.scratch, 'programs');
  await bundle(PROGRAMS, programs);
  const packages = installed(stage.say);
  const nodes = options.nodes.map((name) => nodeOf(name, packages));
  const parts: StageParts = { ...stage, programs, packages, ports: new Ports() };
  if (options.guard) return runGuard(nodes[0] as Node, options.write, parts);
  const variants = variantsOf(options.targets, nodes, options.builds);
  const { rounds, seconds } = options;
  const results: BenchResults = {
    loads: await playLoads(variants, options, stage, parts),
    streams: options.loads.includes(STREAMS_LOAD) ? await listenAt(variants, options, stage, parts) : [],
    nodes: nodes.map(({ name }) => name),
    rounds,
    seconds,
  };
  if (options.write) writePage(results);
  return verdictOf(results);
}

/** The loads of one server at the end after the other. */
async function playLoads(variants: readonly Variant[], options: Options, stage: Stage, parts: StageParts): Promise<readonly LoadResult[]> {
  const results: LoadResult[] = [];
  for (const [upstream, loads] of byUpstream(options.loads)) {
    const there = variants.filter(({ target }) => upstream === 'instant' || kindOf(target).ownServer !== true);
    await staged(upstream, there, options, stage, parts, async (roundsParts) => {
      for (const load of loads) {
        const result = resultOf(await playRounds(load, roundsParts));
        show(tableOfLoad(result), result.rows, stage.say);
        results.push(result);
      }
    });
  }
  return results;
}

/** In new processes: what they took for other loads is not given back. */
async function listenAt(variants: readonly Variant[], options: Options, stage: Stage, parts: StageParts): Promise<readonly StreamsRow[]> {
  const rows = await staged('instant', listeners(variants), options, stage, parts, playStreams);
  show(tableOfStreams(rows), rows, stage.say);
  return rows;
}

async function staged<Result>(
  upstream: UpstreamName,
  variants: readonly Variant[],
  { rounds, seconds }: Options,
  { signal, say }: Stage,
  parts: StageParts,
  work: (parts: RoundsParts) => Promise<Result>,
): Promise<Result> {
  const stage = await openStage(upstream, variants, parts);
  try {
    return await work({ ...stage, rounds, seconds, signal, say });
  } finally {
    await stage.stop();
  }
}

/** Without a registry of packages what is of others is left out. */
function installed(say: Stage['say']): PackageCache | undefined {
  try {
    return packageCache('test/bench/packages');
  } catch (error) {
    say(`Packages of others are left out: ${(error as Error).message}`);
    return undefined;
  }
}

function byUpstream(names: readonly string[]): ReadonlyMap<UpstreamName, Load[]> {
  const stages = new Map<UpstreamName, Load[]>();
  for (const load of LOADS.filter(({ name }) => names.includes(name))) {
    stages.set(load.upstream, [...(stages.get(load.upstream) ?? []), load]);
  }
  return stages;
}

function show(table: Table, rows: readonly { readonly target: string; readonly firstWrong?: string }[], say: Stage['say']): void {
  for (const line of linesOf(table)) say(line);
  for (const { target, firstWrong } of rows) if (firstWrong !== undefined) say(`  ! ${target}: ${firstWrong}`);
}
