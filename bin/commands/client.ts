import { Command } from 'commander';
import { attachHere } from '../attach';
import { terminal } from '../terminal';

const EXAMPLES = `
Whoever has the secret is the agent: it goes to a program that asks for tokens itself (client credentials grant), as an agent's client
of your issuer would in AWS. People log in on the issuer's own page, which registers their clients.

Examples:
  $ mcp-fleet client support
  $ mcp-fleet client support --json | jq -r .clientSecret
`;

export function clientCommand(): Command {
  return new Command('client')
    .description('Print the OAuth client of an agent of the local account: its id, its secret, and where it gets tokens')
    .addHelpText('after', EXAMPLES)
    .argument('<agent>', 'name of the agent in construct code')
    .option('--json', 'one JSON object', false)
    .action(async (agent: string, { json }: { json: boolean }) => {
      const account = await attachHere();
      const client = await account.oauthClient(agent);
      const { issuer, tokenEndpoint, clientId, clientSecret, resources } = client;
      const lines = [
        `issuer          ${issuer}`,
        `token endpoint  ${tokenEndpoint}`,
        `client id       ${clientId}`,
        `client secret   ${clientSecret}`,
        ...resources.map((resource, index) => `${index === 0 ? 'resource' : '        '}        ${resource}`),
      ];
      terminal(json).result(json ? JSON.stringify(client, null, 2) : lines.join('\n'));
    });
}
