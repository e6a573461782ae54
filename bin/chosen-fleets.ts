import { type FleetInApp, fleetsInApp } from '../meaning/fleets-in-app';
import { readFleets } from '../meaning/read-fleets';
import type { Side } from './compared-sides';
import { CommandError, EXIT } from './exit';
import { choice } from './program';

/** The fleets of an app, those of which it has nothing but servers as well; or the one that `--fleet` names. @throws CommandError where there is none */
export function chosenFleets(stacks: Side['stacks']): readonly FleetInApp[] {
  const fleets = fleetsInApp(readFleets(stacks));
  const { fleet } = choice();
  const found = fleets.filter(({ name, home }) => fleet === undefined || name === fleet || home?.path === fleet);
  if (found.length > 0) return found;
  if (fleet === undefined) throw new CommandError(EXIT.USAGE, 'The app has no fleet.', 'name another one with --app or --assembly');
  const names = fleets.map(({ name, home }) => home?.path ?? name).join(', ');
  throw new CommandError(EXIT.USAGE, `There is no fleet "${fleet}"; allowed with --fleet: ${names}.`);
}
