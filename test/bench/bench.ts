import { join } from 'node:path';
import { Ports } from '../../local/processes/ports';
import { bundle } from '../suites/bundling';
import { type PackageCache, packageCache } from '../suites/package-cache';
import type { Stage, Verdict } from '../suites/suite';
import { runGuard } from './guard/guard';
import { LOADS, type Load, type UpstreamName } from './loads';
import { type Node, nodeOf } from './node';
import type { Options } from './options';
import { type LoadResult, resultOf } from './results';
import { playRounds } from './rounds';
import { openStage, type StageParts } from './stage';
import { linesOf } from './table';
import { kindOf } from './targets/targets';
import { variantsOf } from './variants';

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
export async function runBench(options: Options, { scratch, signal, say }: Stage): Promise<Verdict> {
  const programs = join(scratch, 'programs');
  await bundle(PROGRAMS, programs);
  const packages = installed(say);
  const nodes = options.nodes.map((name) => nodeOf(name, packages));
  const variants = variantsOf(options.targets, nodes, options.builds);
  const parts: StageParts = { scratch, programs, packages, ports: new Ports(), say };
  if (options.guard) return runGuard(nodes[0] as Node, options.write, parts);
  const results: LoadResult[] = [];
  for (const [upstream, loads] of byUpstream(options.loads)) {
    const there = variants.filter(({ target }) => upstream === 'instant' || kindOf(target).ownServer !== true);
    const stage = await openStage(upstream, there, parts);
    try {
      for (const load of loads) {
        const result = resultOf(await playRounds(load, { ...options, ...stage, signal, say }));
        for (const line of linesOf(result)) say(line);
        results.push(result);
      }
    } finally {
      await stage.stop();
    }
  }
  return verdictOf(
    results,
    nodes.map(({ name }) => name),
  );
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

/** Time is no verdict: what was answered is. */
function verdictOf(results: readonly LoadResult[], nodes: readonly string[]): Verdict {
  const rows = results.flatMap(({ rows }) => rows);
  const wrong = rows.reduce((sum, row) => sum + row.wrong, 0);
  const silent = rows.filter(({ perSecond }) => perSecond.median === 0).map(({ target }) => target);
  const reads = results.find(({ load }) => load === 'read')?.rows ?? [];
  const ratios = reads.filter(({ target, ratio }) => ratio && /^(gateway|sidecar)/.test(target) && !target.startsWith('gateway-like'));
  return {
    passed: wrong === 0 && silent.length === 0,
    facts: [
      ...ratios.map(({ target, ratio }) => `${target} ${ratio?.median.toFixed(2)} × nginx`),
      `${results.length} loads on Node ${nodes.join(' and ')}`,
      `${wrong} wrong answers`,
      ...(silent.length > 0 ? [`no answers: ${silent.join(', ')}`] : []),
    ],
    document: { nodes, results },
  };
}
