import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
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
import { connectByMcpRemote } from './mcp-remote';
import { logIn, Person } from './person';

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
interface Connected {
  connect(transport: object): Promise<void>;
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(params: object): Promise<{ isError?: boolean; _meta?: Record<string, { outcome: string; replayed: boolean }> }>;
  close(): Promise<void>;
}
interface Transport {
  readonly sessionId?: string;
  finishAuth(code: string, issuer?: string): Promise<void>;
}
interface Sdk {
  client(): Connected;
  transport(url: URL, authProvider: object, fetch?: typeof globalThis.fetch): Transport;
  credentials(clientId: string, clientSecret: string): object;
}
const SDKS: Record<string, Sdk> = {
  v1: {
    client: () => new ClientV1(NAME) as never,
    transport: (url, authProvider, fetch) => new TransportV1(url, { authProvider: authProvider as never, ...(fetch && { fetch }) }),
    credentials: (clientId, clientSecret) => new ClientCredentialsV1({ clientId, clientSecret }),
  },
  v2: {
    client: () => new ClientV2(NAME) as never,
    transport: (url, authProvider, fetch) =>
      new TransportV2(url, { authProvider: authProvider as never, ...(fetch && { fetch }) }) as never,
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

async function finish(transport: Transport, { sentTo }: Person, subject: string): Promise<void> {
  const { searchParams } = await logIn(sentTo as URL, subject);
  await transport.finishAuth(searchParams.get('code') as string, searchParams.get('iss') as string);
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
    await finish(first, person, 'treasury');
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

/** The local issuer gives tokens of two seconds; with what clocks may differ they are taken for half a minute. */
const briefly: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set('x-token-ttl', '2');
  return fetch(input, { ...init, headers });
};

type Provider = { tokens(): unknown };
const LOGINS: Readonly<Record<string, (sdk: Sdk) => Promise<Provider>>> = {
  'client credentials': async (sdk) => {
    const { clientId, clientSecret } = await fleet.account.oauthClient('treasury');
    return sdk.credentials(clientId, clientSecret) as Provider;
  },
  'a refresh token': async (sdk) => {
    const person = new Person();
    const first = sdk.transport(endpoint('payments'), person, briefly);
    await expect(sdk.client().connect(first)).rejects.toThrow(/unauthorized/i);
    await finish(first, person, 'treasury');
    return person;
  },
};

test('a token that expires in the middle of a session is renewed there: same session, each call executed once', async () => {
  const ways = Object.entries(SDKS).flatMap(([name, sdk]) =>
    Object.entries(LOGINS).map(([login, provide]) => ({ mark: `${name} by ${login}`, sdk, provide })),
  );
  await Promise.all(
    ways.map(async ({ mark, sdk, provide }) => {
      const provider = await provide(sdk);
      const client = sdk.client();
      const transport = sdk.transport(endpoint('payments'), provider, briefly);
      await client.connect(transport);
      const { sessionId } = transport;
      expect(sessionId).toEqual(expect.any(String));
      const first = JSON.stringify(provider.tokens());
      let calls = 0;
      // Two more with the new one.
      for (let renewed = 0; renewed < 2; calls++) {
        const reference = `${mark} ${calls}`;
        const transfer = { from: 'operating', to: 'vendors', amount: 1, currency: 'EUR', reference };
        const { isError, _meta } = await client.callTool({ name: 'transfer', arguments: transfer });
        expect([reference, isError ?? false, _meta?.['cdk-mcp-fleet/call']]).toEqual([
          reference,
          false,
          expect.objectContaining({ outcome: 'confirmed', replayed: false, sessionRestored: false }),
        ]);
        expect(transport.sessionId).toBe(sessionId);
        if (JSON.stringify(provider.tokens()) !== first) renewed++;
        else await setTimeout(500);
      }
      const executed = (reference: string) => client.callTool({ name: 'find_transfer', arguments: { reference } });
      for (let call = 0; call < calls; call++) {
        expect(await executed(`${mark} ${call}`)).toMatchObject({ structuredContent: { count: 1 } });
      }
      await client.close();
    }),
  );
}, 120_000);

test('mcp-remote registers itself, logs in by the browser, calls as whom that one has chosen, and is not asked again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-remote-'));
  const pages: URL[] = [];
  const logins: Promise<Response>[] = [];
  const onLogin = (page: URL) => {
    pages.push(page);
    logins.push(logIn(page, 'support').then((callback) => fetch(callback)));
  };
  const first = await connectByMcpRemote(endpoint('payments'), folder, onLogin);
  expect((await Promise.all(logins)).map(({ status }) => status)).toEqual([200]);
  expect(pages[0]?.searchParams.get('resource')).toBe(String(endpoint('payments')));
  expect(pages[0]?.searchParams.get('code_challenge_method')).toBe('S256');
  const tools = (await first.listTools()).tools.map(({ name }) => name);
  expect(tools).toContain('balance');
  expect(tools).not.toContain('transfer');
  expect(await first.callTool({ name: 'balance', arguments: { account: 'vendors' } })).toMatchObject({
    structuredContent: { account: 'vendors' },
  });
  await first.close();

  const second = await connectByMcpRemote(endpoint('payments'), folder, onLogin);
  expect(await second.callTool({ name: 'balance', arguments: { account: 'vendors' } })).not.toMatchObject({ isError: true });
  await second.close();
  expect(pages).toHaveLength(1);
}, 120_000);

test('client tells what an agent logs in with', async () => {
  const told = JSON.parse((await cli(['client', 'support', '--json'])).stdout);
  expect(told).toEqual(await fleet.account.oauthClient('support'));
  expect(told.resources).toContain(String(endpoint('payments')));
  expect((await cli(['client', 'support'])).stdout).toContain(`client secret   ${told.clientSecret}\n`);
  expect(await cli(['client', 'nobody'])).toMatchObject({ code: 2, stderr: expect.stringContaining('"nobody"') });
});
