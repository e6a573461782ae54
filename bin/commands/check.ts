import { Command } from 'commander';
import { byFleet } from '../../local/checked-account';
import { attachHere, chosenOf } from '../attach';
import { checkAll, hasFailed } from '../check-fleets';
import { EXIT } from '../exit';
import { Interruption } from '../interruption';
import { reporter } from '../local-report';

const EXAMPLES = `
Examples:
  $ mcp-fleet check                       prove the eight checks on the fleet that runs here
  $ mcp-fleet check --json                one JSON document (docs/checks.md); exit code 0 if no check failed
  $ mcp-fleet check --kill                also kill an instance in the midst of a call that the fleet declares for it
`;

interface CheckCommandOptions {
  readonly kill: boolean;
  readonly json: boolean;
}

export function checkCommand(): Command {
  return new Command('check')
    .description('Prove the eight checks on the fleet of the local account')
    .addHelpText('after', EXAMPLES)
    .option('--kill', 'kill an instance of a server that declares a lasting call: sessions on it are lost', false)
    .option('--json', 'one JSON document', false)
    .action(check);
}

async function check({ kill, json }: CheckCommandOptions): Promise<void> {
  const interruption = new Interruption();
  try {
    const report = reporter({ json, once: true });
    const attached = await attachHere();
    const fleets = chosenOf(byFleet(await attached.checked()));
    // Interrupted, it still closes the sessions that it has opened.
    const checked = await checkAll(fleets, { mayKill: kill, signal: interruption.signal }, report);
    if (interruption.happened) {
      report.stopping();
      process.exitCode = EXIT.INTERRUPTED;
      return;
    }
    report.ended(checked);
    process.exitCode = checked.some(hasFailed) ? EXIT.NO : EXIT.OK;
  } finally {
    interruption.dispose();
  }
}
