import { join } from 'node:path';
import { packageCache } from '../suites/package-cache';
import type { Stage } from '../suites/suite';
import type { Leg, LegName } from './legs';
import { diedLine, setLine } from './report';
import type { SetName } from './requirement-sets';
import type { SetResults } from './results';
import { runSuite } from './suite-run';
import type { Target } from './target';

export interface LegOptions extends Pick<Stage, 'signal' | 'say'> {
  readonly name: LegName;
  readonly sets: readonly SetName[];
  /** Only these scenarios; all when empty. */
  readonly scenarios: readonly string[];
  /** Folder of our bundled client. */
  readonly client: string;
  /** Folder for what the suites see. */
  readonly output: string;
}

/** Runs set after set against one target, and stops it. */
export async function runLeg(options: LegOptions, start: () => Promise<Target>): Promise<Leg> {
  const { name, sets, scenarios, client, output, signal, say } = options;
  const suites = packageCache('test/conformance/cli');
  const results: Partial<Record<SetName, SetResults>> = {};
  const target = await start();
  try {
    for (const set of sets) {
      const begun = performance.now();
      const seen = await runSuite(suites, { set, target, client, scenarios, folder: join(output, name, set), signal });
      if (seen.scenarios.size === 0) continue; // the set has none of the scenarios that are wanted
      results[set] = seen;
      say(setLine(name, set, seen, performance.now() - begun));
    }
    const died = await target.died();
    for (const process of died) say(diedLine(name, process));
    return { results, died };
  } finally {
    await target.stop();
  }
}
