import { Command } from 'commander';
import { attachHere } from '../attach';
import { duration } from '../duration';
import { terminal } from '../terminal';

const EXAMPLES = `
Examples:
  $ mcp-fleet token support
  $ curl -H "Authorization: Bearer $(mcp-fleet token treasury --ttl 1h)" …
`;

export function tokenCommand(): Command {
  return new Command('token')
    .description('Print an access token of an agent of the local account')
    .addHelpText('after', EXAMPLES)
    .argument('<agent>', 'name of the agent in construct code')
    .option('--ttl <duration>', 'how long it lives, such as 90s, 15m or 1h', duration, 900)
    .action(async (agent: string, { ttl }: { ttl: number }) => {
      const account = await attachHere();
      terminal(false).result(await account.token(agent, { ttlSeconds: ttl }));
    });
}
