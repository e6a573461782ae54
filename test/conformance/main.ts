import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundlePrograms } from './bundles';
import { startServers } from './direct-servers';
import { startFleet } from './fleet';
import { type Leg, type LegName, runLeg } from './leg';
import { type Options, readOptions, USAGE } from './options';
import { summary } from './report';
import type { Target } from './target';
import { verdict } from './verdict';

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  const scratch = mkdtempSync(join(tmpdir(), 'mcp-conformance-'));
  let passed = true;
  try {
    passed = await compareLegs(options, scratch, interruption.signal);
    return passed ? 0 : 1;
  } catch (error) {
    console.error(interruption.signal.aborted ? 'interrupted' : error);
    return interruption.signal.aborted ? 130 : 1;
  } finally {
    if (passed) rmSync(scratch, { recursive: true, force: true });
    else
      console.error(
        `What the suites saw is in ${options.output ?? join(scratch, 'results')}, what the fleet logged in ${join(scratch, 'account/state/logs')}`,
      );
  }
}

/** Runs the servers directly and through the fleet, and says which checks the fleet takes away. */
async function compareLegs(options: Options, scratch: string, signal: AbortSignal): Promise<boolean> {
  const { sets, scenarios, output = join(scratch, 'results') } = options;
  const programs = await bundlePrograms(join(scratch, 'programs'));
  const client = programs['everything-client'];
  const run = async (name: LegName, start: () => Promise<Target>): Promise<Leg | undefined> =>
    options[name] ? await runLeg({ name, sets, scenarios, client, output, signal }, start) : undefined;
  const direct = await run('direct', () => startServers(programs['everything-server']));
  const fleet = await run('fleet', () => startFleet(programs, scratch, signal));

  const legs = { ...(direct && { direct }), ...(fleet && { fleet }) };
  const ran = sets.filter((set) => direct?.results[set] ?? fleet?.results[set]);
  if (ran.length === 0) console.log(`No set has the scenario ${scenarios.join(', ')}`);
  const ok = ran.length > 0 && verdict(ran, legs);
  console.log(summary(ok, ran, legs));
  return ok;
}

void main().then((code) => {
  process.exitCode = code;
});
