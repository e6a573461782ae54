import { tablesAt } from '../../checks/tables';
import { attachHere } from '../attach';
import { CommandError, EXIT } from '../exit';
import type { ToldLoad } from './plan-server';
import { loadOf, readLoad, type SomeProfile } from './profile';
import { readReplays, type Untold } from './replay';
import { assureKnown, type PlannedServer } from './servers';

/** What is to come to servers: to each of them that anything comes to. */
export type LoadsOf = (servers: readonly PlannedServer[]) => Promise<readonly (readonly [PlannedServer, ToldLoad])[]>;

/** Loads that nobody has seen. @throws CommandError for a profile that is none */
export function madeUpLoads(file: string | undefined, flags: SomeProfile): LoadsOf {
  const load = readLoad(file, flags);
  return async (servers) => {
    assureKnown(load, servers);
    return servers.map((server) => {
      const profile = loadOf(load, server.size.name);
      return [server, { load: profile, profile }];
    });
  };
}

/**
 * Loads that the account which runs here has borne until now.
 * @param seconds how far to look back
 * @throws LocalAccountError where none runs
 */
export async function recordedLoads(seconds: number, given: Untold): Promise<LoadsOf> {
  const { dynamodbUrl, tables, fleet } = await attachHere();
  const until = Date.now();
  return async (servers) => {
    const own = servers.filter((server) => server.fleet.name === fleet);
    const names = own.map(({ size }) => size.name);
    const replays = await readReplays(tablesAt(dynamodbUrl, tables), names, { from: until - seconds * 1_000, until }, given);
    if (replays.size === 0) {
      const what = names.length === 0 ? 'The app has no server' : `Nothing came to ${names.join(', ')}`;
      const fix = 'give a longer window, or a load that is made up: --agents (docs/plan.md)';
      throw new CommandError(EXIT.NO, `${what} of fleet "${fleet}", which runs here, in the last ${seconds} s.`, fix);
    }
    return own.flatMap((server) => {
      const replay = replays.get(server.size.name);
      return replay === undefined ? [] : [[server, replay] as const];
    });
  };
}
