import type { Command } from 'commander';
import { CommandError, EXIT } from '../exit';
import { deployedPlace } from './deployed-place';
import { localPlace } from './local-place';
import type { Place, PlaceOptions } from './place';

/** Adds the options by which a fleet on AWS is named. */
export function ofPlace(command: Command): Command {
  return command
    .option('--stack <name>', 'of a fleet on AWS: the stack that holds it; else the fleet that runs here')
    .option('--region <name>', 'where that stack is; else what the environment or the profile says')
    .option('--profile <name>', 'of ~/.aws, with whose credentials; else those of the environment');
}

/** @throws CommandError where it is not to be found, or not to be read */
export async function placeOf({ stack, region, profile }: PlaceOptions): Promise<Place> {
  if (stack !== undefined) return await deployedPlace({ stack, region, profile });
  const [name] = Object.entries({ region, profile }).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return await localPlace();
  throw new CommandError(EXIT.USAGE, `--${name} is for a fleet on AWS, and no stack is named.`, 'name it: --stack NAME');
}

/** @throws CommandError where the fleet has no such server */
export function assureServer({ fleet, servers }: Pick<Place, 'fleet' | 'servers'>, server: string | undefined): void {
  if (server === undefined || servers.includes(server)) return;
  throw new CommandError(EXIT.USAGE, `The fleet "${fleet}" has no server "${server}".`, `it has ${servers.join(', ')}`);
}
