import { InvalidArgumentError } from 'commander';
import type { AttachedAccount } from '../local/control-client';
import { CommandError, EXIT } from './exit';
import type { Place } from './place/place';
import { assureServer } from './place/place-of';

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

/** Holds an agent's access token, for a fleet whose issuer is not ours: no command line shows it to others on this machine. */
export const TOKEN_VARIABLE = 'MCP_FLEET_TOKEN';
/** Where the fleet is reached from this machine, such as through a tunnel; else its own URL. */
export const URL_VARIABLE = 'MCP_FLEET_URL';

/** The same at a fleet on AWS, with the token of the environment. @throws CommandError where there is none, or it is another agent's */
export async function wayInDeployed(place: Place, { agent, server }: AgentAtServer): Promise<{ endpoint: string; token: string }> {
  assureServer(place, server);
  const token = process.env[TOKEN_VARIABLE];
  const fix = `let your issuer give one to ${agent} (docs/oauth.md), and say it in ${TOKEN_VARIABLE}`;
  if (!token) throw new CommandError(EXIT.USAGE, `There is no token of ${agent}: ${TOKEN_VARIABLE} is not set.`, fix);
  const { subject } = await place.principal(agent);
  const holder = subjectIn(token);
  if (holder !== subject)
    throw new CommandError(
      EXIT.USAGE,
      `The token in ${TOKEN_VARIABLE} is not one of ${agent}: its subject is ${JSON.stringify(holder)}.`,
      fix,
    );
  return { endpoint: `${process.env[URL_VARIABLE] || place.baseUrl}/${server}/mcp`, token };
}

/** Whether it is true, the gateway says. */
function subjectIn(token: string): unknown {
  try {
    return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { readonly sub?: unknown }).sub;
  } catch {
    return undefined;
  }
}
