import { Command } from 'commander';
import { type AgentAtServer, agentAtServer, wayIn } from '../agent-at-server';
import { attachHere } from '../attach';
import { Interruption } from '../interruption';
import { bridge } from '../stdio-bridge';

const EXAMPLES = `
Examples:
  $ npx @modelcontextprotocol/inspector npx mcp-fleet connect writer@notes
  A desktop client's configuration:
    { "mcpServers": { "notes": { "command": "npx", "args": ["mcp-fleet", "connect", "writer@notes"], "cwd": "THIS FOLDER" } } }
`;

export function connectCommand(): Command {
  return new Command('connect')
    .description('Be an MCP server on standard input and output: everything goes to a server of the fleet, as an agent')
    .addHelpText('after', EXAMPLES)
    .argument('<agent@server>', 'names of both in construct code', agentAtServer)
    .action(connect);
}

async function connect(who: AgentAtServer): Promise<void> {
  const account = await attachHere();
  const { endpoint } = await wayIn(account, who);
  const interruption = new Interruption();
  try {
    // A token lives shorter than somebody's afternoon.
    await bridge(endpoint, async () => (await wayIn(account, who)).token, interruption.signal);
  } finally {
    interruption.dispose();
  }
}
