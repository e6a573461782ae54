import { join } from 'node:path';
import { bundlePrograms } from '../suites/bundling';
import type { Stage, Verdict } from '../suites/suite';
import { startServers } from './direct-servers';
import { startFleetTarget } from './fleet-target';
import { runLeg } from './leg';
import type { Leg, LegName } from './legs';
import type { Options } from './options';
import { PROGRAMS } from './programs';
import { countsOf, factsOf } from './report';
import type { Target } from './target';
import { verdict } from './verdict';

/** Runs the servers directly and through the fleet, and says which checks the fleet takes away. */
export async function runConformance(options: Options, { scratch, signal, say }: Stage): Promise<Verdict> {
  const { sets, scenarios, output = join(scratch, 'results') } = options;
  const programs = await bundlePrograms('test/conformance', PROGRAMS, join(scratch, 'programs'));
  const client = programs['everything-client'];
  const run = async (name: LegName, start: () => Promise<Target>): Promise<Leg | undefined> =>
    options[name] ? await runLeg({ name, sets, scenarios, client, output, signal, say }, start) : undefined;
  const direct = await run('direct', () => startServers(programs['everything-server']));
  const fleet = await run('fleet', () => startFleetTarget(programs, scratch));
  signal.throwIfAborted(); // what was seen while everything was being stopped says nothing

  const legs = { ...(direct && { direct }), ...(fleet && { fleet }) };
  const ran = sets.filter((set) => direct?.results[set] ?? fleet?.results[set]);
  if (ran.length === 0) return { passed: false, facts: [`no set has the scenario ${scenarios.join(', ')}`], document: {} };
  return { passed: verdict(ran, legs, say), facts: factsOf(ran, legs), document: { checks: countsOf(ran, legs) } };
}
