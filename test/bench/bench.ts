import { join } from 'node:path';
import { Ports } from '../../local/processes/ports';
import { bundle } from '../suites/bundling';
import { type PackageCache, packageCache } from '../suites/package-cache';
import type { Stage, Verdict } from '../suites/suite';
import { type ClaimsRow, playClaims } from './claims';
import { collecting } from './garbage';
import { runGuard } from './guard/guard';
import { type LoadResult, resultOf } from './load-result';
import { CLAIMS_LOAD, LOADS, type Load, OPENINGS_LOAD, STARTS_LOAD, STREAMS_LOAD, type UpstreamName } from './loads';
import { type Node, nodeOf } from './node';
import { type OpeningsRow, playOpenings } from './openings';
import type { Options } from './options';
import { type ProfileRow, playProfiled, profiling } from './profile/profile';
import { writePage } from './report/page';
import { linesOf, type Table } from './report/table';
import { tableOfClaims, tableOfLoad, tableOfOpenings, tableOfProfiles, tableOfStarts, tableOfStreams } from './report/tables';
import type { BenchResults } from './results';
import { playRounds, type RoundsParts } from './rounds';
import { soak } from './soak';
import { openStage, type StageParts } from './stage';
import { playStarts, type StartsRow } from './starts';
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
  claims: 'test/bench/clients/claims.ts',
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
  const { rounds, seconds, soak: minutes } = options;
  if (minutes !== undefined) {
    const both = variantsOf(['gateway+sidecar'], nodes.slice(0, 1), options.builds.slice(0, 1)).map(collecting);
    return staged('instant', both, options, stage, parts, (roundsParts) => soak(minutes, roundsParts));
  }
  if (options.profile) return profileAll(variants, options, stage, parts);
  const results: BenchResults = {
    loads: await playLoads(variants, options, stage, parts),
    streams: options.loads.includes(STREAMS_LOAD) ? await listenAt(variants, options, stage, parts) : [],
    openings: options.loads.includes(OPENINGS_LOAD) ? await openAt(variants, options, stage, parts) : [],
    claims: options.loads.includes(CLAIMS_LOAD) ? await claimAll(variants, options, stage, parts) : [],
    starts: options.loads.includes(STARTS_LOAD) ? await startAll(variants, options, stage, parts) : [],
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

/** In new processes, too: what is measured first is a server's first session. */
async function openAt(variants: readonly Variant[], options: Options, stage: Stage, parts: StageParts): Promise<readonly OpeningsRow[]> {
  const rows = await staged('instant', variants, options, stage, parts, playOpenings);
  show(tableOfOpenings(rows), [], stage.say);
  return rows;
}

async function claimAll(variants: readonly Variant[], options: Options, stage: Stage, parts: StageParts): Promise<readonly ClaimsRow[]> {
  const rows = await staged('instant', [], options, stage, parts, (roundsParts) => playClaims(variants, roundsParts, parts));
  show(tableOfClaims(rows), [], stage.say);
  return rows;
}

async function startAll(variants: readonly Variant[], options: Options, stage: Stage, parts: StageParts): Promise<readonly StartsRow[]> {
  const rows = await staged('instant', [], options, stage, parts, (roundsParts) => playStarts(variants, roundsParts));
  show(tableOfStarts(rows), [], stage.say);
  return rows;
}

/** Each load in new processes, for what they write tells of their whole life. */
async function profileAll(variants: readonly Variant[], options: Options, stage: Stage, parts: StageParts): Promise<Verdict> {
  const rows: ProfileRow[] = [];
  for (const load of LOADS.filter(({ name }) => options.loads.includes(name))) {
    const profiled = await profiling(variants, load.name, parts);
    const written = await staged(load.upstream, profiled, options, stage, parts, (roundsParts) => playProfiled(load, roundsParts, parts));
    const own = written();
    show(tableOfProfiles(load.title, own), [], stage.say);
    rows.push(...own);
  }
  return { passed: true, facts: [`${rows.length} profiles`], document: { rows } };
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
