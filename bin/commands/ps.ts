import { Command } from 'commander';
import { attachHere } from '../attach';
import { deployedPlace } from '../place/deployed-place';
import type { PlaceOptions } from '../place/place';
import { ofPlace } from '../place/place-of';
import { processTable } from '../process-table';
import { runningLines } from '../running-lines';
import { scalingTables } from '../scaling-lines';
import { terminal } from '../terminal';

const EXAMPLES = `
Examples:
  $ mcp-fleet ps
  $ kill -9 $(mcp-fleet ps --json | jq -r '.processes[] | select(.role == "server") | .pid' | head -1)
`;

export function psCommand(): Command {
  const command = new Command('ps')
    .description(
      'List the processes of the local account, the servers of its fleets that run somewhere else, and what scales; or tasks on AWS',
    )
    .addHelpText('after', EXAMPLES)
    .option('--json', 'one JSON document', false);
  return ofPlace(command).action(ps);
}

async function ps({ json, stack, ...options }: PlaceOptions & { json: boolean }): Promise<void> {
  const { result } = terminal(json);
  if (stack !== undefined) return (await runningLines(await deployedPlace({ stack, ...options }), json)).forEach(result);
  const account = await attachHere();
  const [processes, { services, alarms }] = await Promise.all([account.processes(), account.scaling()]);
  const { remoteServers } = account;
  if (json) return result(JSON.stringify({ processes, remoteServers, services, alarms }));
  processTable(processes, remoteServers).forEach(result);
  scalingTables(services, alarms).forEach(result);
}
