import { InvalidArgumentError } from 'commander';
import type { AttachedAccount } from '../local/control-client';
import { CommandError, EXIT } from './exit';

/** Who asks, and whom: `writer@notes`. */
export interface AgentAtServer {
  readonly agent: string;
  readonly server: string;
}

/** How long a token of one command lives, in seconds. */
const TOKEN_SECONDS = 900;

/** @throws InvalidArgumentError */
export function agentAtServer(text: string): AgentAtServer {
  const parts = text.split('@');
  const [agent, server] = parts;
  if (parts.length !== 2 || !agent || !server) {
    throw new InvalidArgumentError(`"${text}" is not AGENT@SERVER, such as writer@notes.`);
  }
  return { agent, server };
}

/**
 * The agent's way in: the MCP endpoint and a token that is fresh.
 * @throws CommandError for a server that the fleet does not have @throws LocalAccountError for an agent that it does not have
 */
export async function wayIn(account: AttachedAccount, { agent, server }: AgentAtServer): Promise<{ endpoint: string; token: string }> {
  if (account.fleet === '')
    throw new CommandError(EXIT.USAGE, 'No fleet is deployed in the local account.', 'deploy one: mcp-fleet env -- npx cdk deploy');
  if (!account.servers.includes(server)) {
    throw new CommandError(EXIT.USAGE, `The fleet "${account.fleet}" has no server "${server}".`, `it has ${account.servers.join(', ')}`);
  }
  return { endpoint: `${account.baseUrl}/${server}/mcp`, token: await account.token(agent, { ttlSeconds: TOKEN_SECONDS }) };
}
