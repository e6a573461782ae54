import { Command } from 'commander';
import { type AgentAtServer, agentAtServer, wayIn, wayInDeployed } from '../agent-at-server';
import { refusalOf, withClient } from '../agent-session';
import { attachHere } from '../attach';
import { deployedPlace } from '../place/deployed-place';
import type { PlaceOptions } from '../place/place';
import { ofPlace } from '../place/place-of';
import { table, terminal } from '../terminal';
import { approveCommand } from './tools-approve';

const EXAMPLES = `
Examples:
  $ mcp-fleet tools writer@notes          the tools that this agent sees at that server
`;

export function toolsCommand(): Command {
  const command = new Command('tools')
    .description('List the tools of a server as an agent sees them')
    .addHelpText('after', EXAMPLES)
    .argument('<agent@server>', 'names of both in construct code', agentAtServer)
    .option('--json', 'one JSON document: what tools/list answered', false);
  return ofPlace(command).action(tools).addCommand(approveCommand());
}

async function tools(who: AgentAtServer, { json, stack, ...options }: PlaceOptions & { json: boolean }): Promise<void> {
  const way =
    stack === undefined ? await wayIn(await attachHere(), who) : await wayInDeployed(await deployedPlace({ stack, ...options }), who);
  const found = await withClient(way, (client) => client.listTools()).catch((error) => {
    throw refusalOf(error);
  });
  const { result } = terminal(json);
  if (json) return result(JSON.stringify({ tools: found.tools }));
  if (found.tools.length === 0) return result(`${who.agent} sees no tool of ${who.server}: nothing is granted.`);
  const rows = found.tools.map(({ name, description = '', inputSchema }) => [
    name,
    argumentsOf(inputSchema),
    description.split('\n', 1)[0] as string,
  ]);
  table(['TOOL', 'ARGUMENTS', 'DESCRIPTION'], rows).forEach(result);
}

/** Names of a tool's arguments; those that may be left out have a question mark. */
function argumentsOf({ properties = {}, required = [] }: { properties?: object; required?: readonly string[] }): string {
  return Object.keys(properties)
    .map((name) => (required.includes(name) ? name : `${name}?`))
    .join(', ');
}
