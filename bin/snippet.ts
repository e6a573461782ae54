import type { LocalAccount } from '../local/local-account';
import { grantsOf } from './grants';

const MINUTES = 60;

/** Something to paste into a shell of this folder that works as it is: an official client, with a real token. */
export async function clientSnippet(account: LocalAccount): Promise<string> {
  const fleet = account.fleets[0];
  const grants = (fleet ? grantsOf(account, fleet) : []).filter(({ servers }) => Object.keys(servers).length > 0);
  // The agent with most to show; the last of equals, as an example app ends with its most trusted one.
  const [choice] = grants.flatMap(({ agent, servers }) => Object.keys(servers).map((server) => ({ agent, server }))).slice(-1);
  if (!choice) return '  No agent has a grant, so there is nothing to call.';
  const token = await account.token(`${account.fleet}/${choice.agent}`, { ttlSeconds: 60 * MINUTES });
  return `  A client to paste into a shell here, as agent "${choice.agent}" (its token lives an hour):

node --input-type=module <<'JS'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
const client = new Client({ name: 'pasted', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(new URL('${account.baseUrl}/${choice.server}/mcp'), {
  requestInit: { headers: { authorization: 'Bearer ${token}' } },
}));
console.log((await client.listTools()).tools.map((tool) => tool.name));
await client.close();
JS`;
}
