import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals';
import {
  ClientCredentialsProvider as ClientCredentialsV2,
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { ClientCredentialsProvider as ClientCredentialsV1 } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { openClient } from '../../checks/agent-client';
import type { LocalAccount } from '../../local/local-account';
import { startLocalAccount } from '../../local/start';
import { EDGES, edges } from '../apps/edges';
import { scratchFolder } from '../local/fixtures/assembly';

/** One table of who asks what drives every edge to equal decisions; what must differ there is a table of its own. */

let account: LocalAccount;

beforeAll(async () => {
  const assembly = join(scratchFolder(), 'cdk.out');
  edges(assembly);
  account = await startLocalAccount({ assembly, port: 0, controlFolder: scratchFolder() });
});
afterAll(async () => {
  await account?.stop();
});

type Edge = (typeof EDGES)[number];
const AGENTS = ['asker', 'stranger', 'picky', 'denied', 'nobody', 'forger', 'from another fleet'] as const;
type Agent = (typeof AGENTS)[number];

async function tokenOf(edge: Edge, agent: Agent): Promise<string | undefined> {
  if (agent === 'nobody') return undefined;
  if (agent === 'forger') return `${await account.token(`${edge}/asker`)}x`;
  if (agent === 'from another fleet') return account.token(`${EDGES.find((other) => other !== edge)}/asker`);
  return account.token(`${edge}/${agent}`);
}

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const MODERN = '2026-07-28';
const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': { name: 'agent', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

async function ask(edge: Edge, agent: Agent, { method = 'POST', path = '/other/mcp', headers = {}, body }: Asked): Promise<Told> {
  const token = await tokenOf(edge, agent);
  const { baseUrl } = account.fleets.find(({ name }) => name === edge) as { baseUrl: string };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${baseUrl}${path}`,
      {
        method,
        headers: {
          accept: 'application/json, text/event-stream',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...headers,
        },
      },
      async (answer) => {
        let text = '';
        for await (const piece of answer) text += piece;
        resolve({ status: answer.statusCode as number, headers: answer.headers, text });
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

function call(tool: string, edit: (text: string) => string = (text) => text): Asked {
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {}, _meta: META } };
  const headers = { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': tool };
  return { headers, body: edit(JSON.stringify(message)) };
}

/** The error that an answer tells, or `result`. */
function decisionOf({ status, text }: Told): string {
  const json = text.includes('data: ') ? text.split('data: ').at(-1) : text;
  try {
    const { error, result } = JSON.parse(String(json)) as { error?: { data?: { error?: string }; code?: number }; result?: unknown };
    if (result !== undefined) return 'result';
    return `${status} ${error?.data?.error ?? error?.code ?? 'untyped'}`;
  } catch {
    return `${status} untyped`;
  }
}

const CALLS: Readonly<Record<string, Asked>> = {
  'calls a tool': call('tell'),
  'calls a tool that there is not': call('nothing'),
  'asks what it may see': {
    headers: { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/list' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: META } }),
  },
  'says a member twice': call('tell', (text) => text.replace('"method"', '"method":"tools/list","method"')),
  'says in a header what the body does not': { ...call('tell'), headers: { ...call('tell').headers, 'mcp-name': 'nothing' } },
  'sends bytes that are no UTF-8': call('tell', (text) => text.replace('"arguments":{}', '"arguments":{"a":"\ud800"}')),
  'sends what is no JSON': { body: '{' },
  'opens a stream without a session': { method: 'GET' },
  'ends a session that there is not': { method: 'DELETE', headers: { 'mcp-session-id': 'none' } },
  'puts what nobody may': { method: 'PUT', body: '{}' },
  'comes from a page of the company': { ...call('tell'), headers: { ...call('tell').headers, origin: 'https://console.example' } },
  'comes from a page of somebody else': { ...call('tell'), headers: { ...call('tell').headers, origin: 'https://evil.example' } },
  'asks for the outcome of a call that it never made': { method: 'GET', path: '/other/calls/none' },
};

/** Who is refused by the authorizer, whatever it asks: at an API that comes first, at a balancer what was asked is read before. */
const REFUSED: Readonly<Partial<Record<Agent, string>>> = {
  asker: '403 SERVER_DENIED',
  stranger: '403 SERVER_DENIED',
  denied: '403 SERVER_DENIED',
  nobody: '401 UNAUTHENTICATED',
  forger: '401 UNAUTHENTICATED',
  'from another fleet': '401 UNAUTHENTICATED',
};

describe.each(AGENTS)('%s', (agent) => {
  test.each(Object.entries(CALLS))('%s: every edge decides alike', async (_, asked) => {
    const decisions = await Promise.all(EDGES.map(async (edge) => [edge, decisionOf(await ask(edge, agent, asked))]));
    const { internal, public: open, verified, api } = Object.fromEntries(decisions) as Record<Edge, string>;
    expect(open).toBe(internal);
    // Of a forged token the load balancer says nothing but that it is refused.
    expect(verified).toBe(agent === 'forger' ? '401 untyped' : internal);
    expect(api).toBe(REFUSED[agent] ?? internal);
    if (REFUSED[agent] !== undefined) expect(internal).toMatch(/^4/);
    expect(internal).not.toMatch(/untyped/);
  });
});

test('the table tells allowed from denied', async () => {
  const decisions = await Promise.all(AGENTS.map(async (agent) => [agent, decisionOf(await ask('api', agent, call('tell')))]));
  expect(Object.fromEntries(decisions)).toEqual({
    asker: '403 SERVER_DENIED',
    stranger: '403 SERVER_DENIED',
    picky: '200 DENIED',
    denied: '403 SERVER_DENIED',
    nobody: '401 UNAUTHENTICATED',
    forger: '401 UNAUTHENTICATED',
    'from another fleet': '401 UNAUTHENTICATED',
  });
});

describe('what must differ', () => {
  const behindBalancers = ({ api: _, ...told }: Readonly<Record<Edge, unknown>>) => told;
  const at = async (agent: Agent, asked: Asked, of: (told: Told) => unknown) =>
    Object.fromEntries(await Promise.all(EDGES.map(async (edge) => [edge, of(await ask(edge, agent, asked))]))) as Record<Edge, unknown>;

  it('a challenge of the API names no metadata: it has one for all servers', async () => {
    const told = await at('nobody', call('tell'), ({ headers }) => headers['www-authenticate']);
    expect(told.api).toBe('Bearer');
    expect(behindBalancers(told)).toEqual({
      internal: expect.stringContaining('resource_metadata="'),
      public: expect.stringContaining('resource_metadata="'),
      verified: expect.stringContaining('resource_metadata="'),
    });
  });

  it('of a server that there is not, the API says what it says of one that is not granted', async () => {
    const told = await at('asker', { ...call('tell'), path: '/ghost/mcp' }, decisionOf);
    expect(told).toEqual({
      internal: '404 UNKNOWN_SERVER',
      public: '404 UNKNOWN_SERVER',
      verified: '404 UNKNOWN_SERVER',
      api: '403 SERVER_DENIED',
    });
  });

  it('a path that there is not is refused by the API itself', async () => {
    const told = await at('asker', { path: '/other/sse', body: '{}' }, ({ status }) => status);
    expect(told).toEqual({ internal: 404, public: 404, verified: 404, api: 403 });
  });

  it('request line and headers may be longer than an API takes', async () => {
    const told = await at(
      'asker',
      { ...call('tell'), headers: { ...call('tell').headers, 'x-long': 'x'.repeat(9_500) } },
      ({ status }) => status,
    );
    expect(told).toEqual({ internal: 403, public: 403, verified: 403, api: 431 });
  });

  it('a load balancer that verifies tokens tells nothing of why it refuses one', async () => {
    const told = await at('forger', call('tell'), ({ status, headers, text }) => [
      status,
      headers.server,
      text.includes('UNAUTHENTICATED'),
    ]);
    expect(told).toEqual({
      internal: [401, undefined, true],
      public: [401, undefined, true],
      verified: [401, 'awselb/2.0', false],
      api: [401, undefined, true],
    });
  });

  it('a preflight passes everywhere, without a token', async () => {
    const preflight = { method: 'OPTIONS', headers: { origin: 'https://console.example', 'access-control-request-method': 'POST' } };
    const told = await at('nobody', preflight, ({ status, headers }) => [status, headers['access-control-allow-origin']]);
    expect(told.api).toEqual(told.internal);
  });
});

describe('in a page', () => {
  const ORIGINS = { allowed: 'https://console.example', other: 'https://evil.example' };
  const readable = async (edge: Edge, agent: Agent, asked: Asked, origin: string) => {
    const { status, headers } = await ask(edge, agent, { ...asked, headers: { ...asked.headers, origin } });
    return [status, headers['access-control-allow-origin']];
  };

  test.each(EDGES)('whatever is refused at the %s edge can be read', async (edge) => {
    const own = edge === 'api' ? '*' : ORIGINS.allowed;
    expect(await readable(edge, 'nobody', call('tell'), ORIGINS.allowed)).toEqual([401, own]);
    expect(await readable(edge, 'asker', call('tell'), ORIGINS.allowed)).toEqual([403, own]);
    expect(await readable(edge, 'asker', { path: '/other/sse', body: '{}' }, ORIGINS.allowed)).toEqual([edge === 'api' ? 403 : 404, own]);
    const large = { ...call('tell'), body: ' '.repeat(11 * 1024 * 1024) };
    if (edge === 'api') expect(await readable(edge, 'picky', large, ORIGINS.allowed)).toEqual([413, own]);
    // What the gateway says is for the company's pages alone.
    expect(await readable(edge, 'picky', call('tell'), ORIGINS.allowed)).toEqual([200, ORIGINS.allowed]);
    expect(await readable(edge, 'picky', call('tell'), ORIGINS.other)).toEqual([403, undefined]);
  });

  it('a challenge can be read, too', async () => {
    for (const edge of EDGES) {
      const { headers } = await ask(edge, 'nobody', { ...call('tell'), headers: { origin: ORIGINS.allowed } });
      expect(headers['access-control-expose-headers']).toContain('WWW-Authenticate');
    }
  });
});

test.each(EDGES)('clients of both SDKs work at the %s edge, and learn from whom to get a token', async (edge) => {
  const { baseUrl } = account.fleets.find(({ name }) => name === edge) as { baseUrl: string };
  for (const kind of ['v1', 'v2'] as const) {
    const client = await openClient(kind, `${baseUrl}/teller/mcp`, await account.token(`${edge}/asker`));
    expect(await client.tools()).toContain('tell');
    expect(await client.call('tell', { name: 'PATH' })).toMatchObject({ kind: 'result', isError: false });
    await client.close();
  }
  const metadata = await fetch(`${baseUrl}/.well-known/oauth-protected-resource/teller/mcp`);
  expect(await metadata.json()).toMatchObject({ resource: `${baseUrl}/teller/mcp`, bearer_methods_supported: ['header'] });
});

describe('where a load balancer refuses an expired token without a challenge', () => {
  const NAME = { name: 'agent', version: '1' };
  type Secret = { clientId: string; clientSecret: string };
  /** The local issuer gives tokens of two seconds. */
  const briefly: typeof fetch = (input, init) => fetch(input, { ...init, headers: [...new Headers(init?.headers), ['x-token-ttl', '2']] });
  const WAYS = {
    v1: (url: URL, secret: Secret) => {
      const authProvider = new ClientCredentialsV1(secret);
      return { authProvider, client: new ClientV1(NAME), transport: new TransportV1(url, { authProvider, fetch: briefly }) };
    },
    v2: (url: URL, secret: Secret) => {
      const authProvider = new ClientCredentialsV2(secret);
      return { authProvider, client: new ClientV2(NAME), transport: new TransportV2(url, { authProvider, fetch: briefly }) };
    },
  };

  test.each(['v1', 'v2'] as const)('a client of SDK %s gets another one by itself, and goes on in its session', async (sdk) => {
    const { baseUrl } = account.fleets.find(({ name }) => name === 'verified') as { baseUrl: string };
    const { authProvider, client, transport } = WAYS[sdk](new URL(`${baseUrl}/teller/mcp`), await account.oauthClient('verified/asker'));
    await (client as ClientV1).connect(transport as never);
    const { sessionId } = transport;
    const first = authProvider.tokens()?.access_token;
    const refused = await fetch(new Request(`${baseUrl}/teller/mcp`, { method: 'POST', headers: { authorization: `Bearer ${first}x` } }));
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, null]);
    do {
      await setTimeout(500);
      expect(await (client as ClientV1).callTool({ name: 'tell', arguments: { name: 'PATH' } })).not.toMatchObject({ isError: true });
    } while (authProvider.tokens()?.access_token === first);
    expect(transport.sessionId).toBe(sessionId);
    await client.close();
  });
});
