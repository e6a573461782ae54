import type { DeclaredFleet } from '../meaning/declared';
import { readFleets } from '../meaning/read-fleets';
import type { Side } from './compared-sides';
import { CommandError, EXIT } from './exit';
import { choice } from './program';

/** The fleets of an app, or the one that `--fleet` names. @throws CommandError where there is none */
export function chosenFleets(stacks: Side['stacks']): readonly DeclaredFleet[] {
  const fleets = readFleets(stacks);
  const { fleet } = choice();
  const found = fleets.filter(({ name, path }) => fleet === undefined || name === fleet || path === fleet);
  if (found.length > 0) return found;
  if (fleet === undefined) throw new CommandError(EXIT.USAGE, 'The app has no fleet.', 'name another one with --app or --assembly');
  const names = fleets.map(({ name, path }) => path ?? name).join(', ');
  throw new CommandError(EXIT.USAGE, `There is no fleet "${fleet}"; allowed with --fleet: ${names}.`);
}
