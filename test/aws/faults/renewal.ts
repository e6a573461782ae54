import {
  Client as V2Client,
  ClientCredentialsProvider as V2Credentials,
  StreamableHTTPClientTransport as V2Transport,
} from '@modelcontextprotocol/client';
import { ClientCredentialsProvider as V1Credentials } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport as V1TransportType } from '@modelcontextprotocol/sdk/shared/transport.js';
import { SERVER } from '../../chaos/fleet-app';
import type { Fleet } from '../../suites/fleet';

const NAME = { name: 'renewer', version: '1' };

/** Official clients that log in by themselves. @throws Error where one does not go on, or an old token is still believed */
export async function renewsItsToken(fleet: Fleet, agent: string): Promise<void> {
  const { clientId, clientSecret, issuer } = await fleet.account.oauthClient(agent);
  const credentials = { clientId, clientSecret, expectedIssuer: issuer };
  const url = new URL(fleet.endpoint(SERVER));
  const [v1, v2] = [new V1Client(NAME), new V2Client(NAME)];
  const first = new V1Transport(url, { authProvider: new V1Credentials(credentials) });
  // The class declares sessionId where its interface has it optional; the SDK's own samples cast too.
  await v1.connect(first as V1TransportType);
  await v2.connect(new V2Transport(url, { authProvider: new V2Credentials(credentials) }));
  const old = await fleet.token(agent);
  const looks = async (): Promise<void> => {
    await v1.callTool({ name: 'balance', arguments: {} });
    await v2.callTool({ name: 'balance', arguments: {} });
  };
  await looks();
  const session = first.sessionId;
  const { struck } = await fleet.account.fault({ kind: 'expire-token', agent });
  const status = await statusOf(url, old);
  if (status !== 401) throw new Error(`A token that has expired is answered ${status}, after ${struck} gateways had heard.`);
  await looks();
  if (first.sessionId !== session) throw new Error('The session of before is another one.');
  await Promise.all([v1.close(), v2.close()]);
}

async function statusOf(url: URL, token: string): Promise<number> {
  const answer = await fetch(url, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
  await answer.body?.cancel();
  return answer.status;
}
