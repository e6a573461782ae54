import type { Agent } from '../core/agent';
import type { AttachedAccount } from '../local/control-client';
import { CommandError, EXIT } from './exit';

/**
 * Who an agent is to the fleet, and that the fleet has the server that is spoken of.
 * @throws CommandError @throws LocalAccountError for an agent that it does not have
 */
export async function principalAt(account: AttachedAccount, agent: string, server?: string): Promise<Agent> {
  if (account.fleet === '')
    throw new CommandError(EXIT.USAGE, 'No fleet is deployed in the local account.', 'deploy one: mcp-fleet env -- npx cdk deploy');
  if (server !== undefined && !account.servers.includes(server)) {
    throw new CommandError(EXIT.USAGE, `The fleet "${account.fleet}" has no server "${server}".`, `it has ${account.servers.join(', ')}`);
  }
  return (await account.checked()).principal(`${account.fleet}/${agent}`);
}
