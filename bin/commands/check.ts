import { Command } from 'commander';
import { runDeployedChecks } from '../../checks/deployed';
import { resourcesOf } from '../../checks/template';
import { byFleet } from '../../local/checked-account';
import { attachHere, chosenOf } from '../attach';
import { checkAll, hasFailed } from '../check-fleets';
import { EXIT } from '../exit';
import { Interruption } from '../interruption';
import { reporter } from '../local-report';
import { deployedPlace } from '../place/deployed-place';
import type { PlaceOptions } from '../place/place';
import { ofPlace } from '../place/place-of';

const EXAMPLES = `
Examples:
  $ mcp-fleet check                       prove the eight checks on the fleet that runs here
  $ mcp-fleet check --json                one JSON document (docs/checks.md); exit code 0 if no check failed
  $ mcp-fleet check --kill                also kill an instance in the midst of a call that the fleet declares for it
  $ mcp-fleet check --stack Acme          what of them a deployed fleet tells by being read; of the rest, why not
`;

interface CheckCommandOptions extends PlaceOptions {
  readonly kill: boolean;
  readonly json: boolean;
}

export function checkCommand(): Command {
  const command = new Command('check')
    .description('Prove the eight checks on the fleet of the local account, or what can be read of them on one in AWS')
    .addHelpText('after', EXAMPLES)
    .option('--kill', 'kill an instance of a server that declares a lasting call: sessions on it are lost', false)
    .option('--json', 'one JSON document', false);
  return ofPlace(command).action(check);
}

async function check({ kill, json, stack, ...where }: CheckCommandOptions): Promise<void> {
  if (stack !== undefined) return await checkDeployed({ ...where, stack }, json);
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

async function checkDeployed(options: PlaceOptions & { readonly stack: string }, json: boolean): Promise<void> {
  const report = reporter({ json, once: true });
  const { fleet, stack, names, templates } = await deployedPlace(options);
  const ids = await stack.physicalIds();
  const told = { fleet, templates: await templates() };
  const tables = [...resourcesOf(told, 'AWS::DynamoDB::GlobalTable'), ...resourcesOf(told, 'AWS::DynamoDB::Table')];
  const made = tables.find(({ id }) => ids.get(id) === names.ledger);
  const ledger = { arnEnd: `:table/${names.ledger}`, ...(made !== undefined && { made }) };
  const checks = await runDeployedChecks({ ...told, ledger }, report.check);
  report.checks(fleet, checks);
  report.ended([{ fleet, checks }]);
  process.exitCode = hasFailed({ fleet, checks }) ? EXIT.NO : EXIT.OK;
}
