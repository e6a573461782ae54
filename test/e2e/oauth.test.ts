import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ClientCredentialsProvider as ClientCredentialsV2,
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { ClientCredentialsProvider as ClientCredentialsV1 } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { cli, type Fleet, startFleet } from './fleet';

/** Agents that are given no token, and log in by themselves where the fleet says that they may. */

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet('--no-checks');
});
afterAll(async () => {
  await fleet?.stop();
});

const NAME = { name: 'agent', version: '1' };
const endpoint = (server: string) => new URL(`${fleet.baseUrl}/${server}/mcp`);

/** What both SDKs have alike; their types differ in name only. */
interface Sdk {
  client(): { connect(transport: object): Promise<void>; listTools(): Promise<{ tools: { name: string }[] }>; close(): Promise<void> };
  transport(url: URL, authProvider: object): { finishAuth(code: string, issuer?: string): Promise<void> };
  credentials(clientId: string, clientSecret: string): object;
}
const SDKS: Record<string, Sdk> = {
  v1: {
    client: () => new ClientV1(NAME) as never,
    transport: (url, authProvider) => new TransportV1(url, { authProvider: authProvider as never }),
    credentials: (clientId, clientSecret) => new ClientCredentialsV1({ clientId, clientSecret }),
  },
  v2: {
    client: () => new ClientV2(NAME) as never,
    transport: (url, authProvider) => new TransportV2(url, { authProvider: authProvider as never }) as never,
    credentials: (clientId, clientSecret) => new ClientCredentialsV2({ clientId, clientSecret }),
  },
};

async function toolsOf({ client }: Sdk, transport: object): Promise<readonly string[]> {
  const connected = client();
  await connected.connect(transport);
  const { tools } = await connected.listTools();
  await connected.close();
  return tools.map(({ name }) => name);
}

describe.each(Object.entries(SDKS))('SDK %s', (_, sdk) => {
  test('with the client of an agent is that agent', async () => {
    const { clientId, clientSecret } = await fleet.account.oauthClient('support');
    const tools = await toolsOf(sdk, sdk.transport(endpoint('payments'), sdk.credentials(clientId, clientSecret)));
    expect(tools).toContain('balance');
    expect(tools).not.toContain('transfer');
  });

  test('with somebody who logs in is whom that one has chosen', async () => {
    const person = new Person();
    const first = sdk.transport(endpoint('payments'), person);
    await expect(sdk.client().connect(first)).rejects.toThrow(/unauthorized/i);
    const { code, issuer } = await logIn(person.sentTo as URL, 'treasury');
    await first.finishAuth(code, issuer);
    expect(await toolsOf(sdk, sdk.transport(endpoint('payments'), person))).toContain('transfer');
  });

  test('a token of one server opens no other', async () => {
    const { clientId, clientSecret } = await fleet.account.oauthClient('treasury');
    const provider = sdk.credentials(clientId, clientSecret) as { tokens(): { access_token: string } | undefined };
    await toolsOf(sdk, sdk.transport(endpoint('payments'), provider));
    const answer = await fetch(endpoint('memory'), {
      method: 'POST',
      headers: { authorization: `Bearer ${provider.tokens()?.access_token}` },
    });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('error_description="the token is meant for another audience"'),
    ]);
  });
});

test('client tells what an agent logs in with', async () => {
  const told = JSON.parse((await cli(['client', 'support', '--json'])).stdout);
  expect(told).toEqual(await fleet.account.oauthClient('support'));
  expect(told.resources).toContain(String(endpoint('payments')));
  expect((await cli(['client', 'support'])).stdout).toContain(`client secret   ${told.clientSecret}\n`);
  expect(await cli(['client', 'nobody'])).toMatchObject({ code: 2, stderr: expect.stringContaining('"nobody"') });
});

/** An agent's client whose person logs in with a browser. */
class Person {
  readonly redirectUrl = 'http://127.0.0.1:9/callback';
  readonly clientMetadata = {
    client_name: 'a desktop',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  sentTo?: URL;
  private readonly kept = new Map<string, unknown>();

  clientInformation = () => this.kept.get('client');
  saveClientInformation = (client: unknown) => void this.kept.set('client', client);
  tokens = () => this.kept.get('tokens');
  saveTokens = (tokens: unknown) => void this.kept.set('tokens', tokens);
  codeVerifier = () => this.kept.get('verifier');
  saveCodeVerifier = (verifier: string) => void this.kept.set('verifier', verifier);
  redirectToAuthorization = (url: URL) => {
    this.sentTo = url;
  };
}

/** What a browser does, and who sits before it. @returns what the client is sent */
async function logIn(start: URL, subject: string): Promise<{ code: string; issuer: string }> {
  const cookies = new Map<string, string>();
  const visit = async (url: URL, form?: URLSearchParams): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie }, ...(form && { method: 'POST', body: form }) });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined) cookies.set(name, value as string);
    }
    return answer;
  };
  let [url, form]: [URL, URLSearchParams | undefined] = [start, undefined];
  for (let step = 0; step < 10; step++) {
    const answer = await visit(url, form);
    form = undefined;
    const location = answer.headers.get('location');
    if (location === null) {
      const page = await answer.text();
      const [, value] = new RegExp(`<button name="subject" value="([^"]*${subject}[^"]*)"`).exec(page) ?? [];
      if (value === undefined) throw new Error(`${answer.status} at ${url.pathname}: ${page.slice(0, 500)}`);
      form = new URLSearchParams({ subject: value });
      continue;
    }
    url = new URL(location, url);
    const code = url.searchParams.get('code');
    if (url.pathname === '/callback') {
      if (code === null) throw new Error(`no code: ${url.search}`);
      return { code, issuer: url.searchParams.get('iss') as string };
    }
  }
  throw new Error('the login does not end');
}
