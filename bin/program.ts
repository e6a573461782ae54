import { Command } from 'commander';
import { packageVersion } from './package-facts';

/** Which account, and which fleet of it, a command asks. */
export interface Choice {
  readonly pid?: number;
  readonly fleet?: string;
}

/** The command line, without its commands. */
export const program = new Command('mcp-fleet')
  .version(packageVersion())
  .option('--pid <number>', 'of several accounts in one folder, the one to ask', Number)
  .option('--fleet <name>', 'of several fleets in one account, the one to ask; of an app, the one to run');

/** What was said of it, before the command or behind it. */
export function choice(): Choice {
  return program.opts();
}
