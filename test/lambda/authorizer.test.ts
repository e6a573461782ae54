import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { agentId } from '../../core/agent';
import type { IdentityConfig } from '../../core/fleet-config';
import { SIGHTINGS_KEY } from '../../core/sightings';
import { DIRECTORY, entry, ISSUER, startAllowlist } from './allowlist-table';
import { bundleFunction, type StartedFunction, startFunction } from './runtime-api';

type Table = Awaited<ReturnType<typeof startAllowlist>>;
let table: Table;
let taskRoot: string;
let authorizer: StartedFunction;
let subject: string;
let agents = 0;

beforeAll(async () => {
  table = await startAllowlist();
  taskRoot = bundleFunction('authorizer');
  authorizer = await startFunction(taskRoot, table.environment);
}, 30_000);

afterAll(async () => {
  await authorizer.stop();
  await table.stop();
});

// Each test has an agent of its own, so that no row of another is in its way.
beforeEach(() => {
  subject = `agent-${++agents}`;
});

test('is small: what an agent waits for after a pause is mostly the loading of this', () => {
  expect(statSync(join(taskRoot, 'index.js')).size).toBeLessThan(150_000);
});

function ask(server: string, who = subject) {
  return authorizer.invoke({ kind: 'mcp-fleet.authorize', agent: { issuer: ISSUER, subject: who }, server });
}

const now = () => Math.floor(Date.now() / 1000);

describe('a direct invoke of the gateway', () => {
  test('allows what a grant names', async () => {
    await table.put(entry(subject, 'payments', 'allow', ['refund', 'balance']));
    const { result } = await ask('payments');
    const none = { deniedTools: [], rules: [], resources: [], deniedResources: [], prompts: [], deniedPrompts: [] };
    expect(result).toEqual({ effect: 'allow', tools: ['balance', 'refund'], ...none, reason: 'granted by cdk' });
  });

  test('denies an agent that nobody knows, and one that is granted another server', async () => {
    await table.put(entry(subject, 'memory', 'allow', ['*']));
    expect((await ask('payments', 'a-stranger')).result).toMatchObject({ effect: 'deny', tools: [] });
    expect((await ask('payments')).result).toMatchObject({ effect: 'deny', reason: 'no grant lets this agent use "payments"' });
  });

  test('a deny wins over a grant, also from another source and for every server', async () => {
    await table.put(entry(subject, 'payments', 'allow', ['*']));
    await table.put(entry(subject, '*', 'deny', ['*'], { source: 'revoke' }));
    expect((await ask('payments')).result).toMatchObject({ effect: 'deny', reason: expect.stringContaining('revoke') });
  });

  test('a deny of one tool leaves the others', async () => {
    await table.put(entry(subject, 'payments', 'allow', ['*']));
    await table.put(entry(subject, 'payments', 'deny', ['transfer'], { source: 'revoke' }));
    expect((await ask('payments')).result).toMatchObject({ effect: 'allow', tools: ['*'], deniedTools: ['transfer'] });
  });

  test('an expired grant does not count, one that ends later says when', async () => {
    const later = now() + 3600;
    await table.put(entry(subject, 'payments', 'allow', ['*'], { expiresAt: now() - 1 }));
    await table.put(entry(subject, 'memory', 'allow', ['*'], { expiresAt: later }));
    expect((await ask('payments')).result).toMatchObject({ effect: 'deny' });
    expect((await ask('memory')).result).toMatchObject({ effect: 'allow', expiresAt: later });
  });

  test('a deny that stands behind more than a page of rows still wins', async () => {
    // DynamoDB ends a page at 1 MB; the deny sorts last.
    const long = Array.from({ length: 300 }, (_, i) => `tool-${i}-${'x'.repeat(500)}`);
    for (let i = 0; i < 8; i++) await table.put(entry(subject, 'payments', 'allow', long, { source: `page-${i}` }));
    await table.put({ ...entry(subject, 'payments', 'deny', ['*']), entry: 'payments#deny#zz' });
    expect((await ask('payments')).result).toMatchObject({ effect: 'deny' });
  });

  test.each([
    ['another kind', { kind: 'else' }, 'kind must be "mcp-fleet.authorize"; got "else"'],
    ['no subject', { kind: 'mcp-fleet.authorize', agent: { issuer: ISSUER }, server: 'a' }, 'agent.subject must be a non-empty string'],
    ['no valid server', { kind: 'mcp-fleet.authorize', agent: { issuer: ISSUER, subject: 's' }, server: '../etc' }, 'server must match'],
    ['an unknown event', { detail: {} }, 'it must be an AuthorizeRequest or an API Gateway event'],
  ])('refuses %s by name', async (_, event, message) => {
    const { error, result } = await authorizer.invoke(event);
    expect(result).toBeUndefined();
    expect(error?.errorMessage).toContain(message);
  });

  test('reads for a gateway what replicas have counted', async () => {
    const request = { kind: 'mcp-fleet.sightings' };
    expect((await authorizer.invoke(request)).result).toEqual({ tables: 0, authorizer: 0 });
    const Item = { session: { S: SIGHTINGS_KEY }, tables: { N: '7' }, authorizer: { N: '5' } };
    await table.client.send(new PutItemCommand({ TableName: DIRECTORY, Item }));
    expect((await authorizer.invoke(request)).result).toEqual({ tables: 7, authorizer: 5 });
  });

  test('fails, and does not allow, when the table cannot be read', async () => {
    const broken = await startFunction(taskRoot, { ...table.environment, ALLOWLIST_TABLE: 'no-such-table' });
    try {
      const { error, result } = await broken.invoke({
        kind: 'mcp-fleet.authorize',
        agent: { issuer: ISSUER, subject },
        server: 'payments',
      });
      expect(result).toBeUndefined();
      expect(error?.errorType).toBe('ResourceNotFoundException');
    } finally {
      await broken.stop();
    }
  });

  test('prints one line per invocation that says who and what, in JSON', async () => {
    const before = authorizer.output().split('\n').length;
    await ask('payments');
    await ask('memory');
    const lines = authorizer
      .output()
      .trim()
      .split('\n')
      .slice(before - 1)
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      event: 'authorize',
      level: 'info',
      agent: agentId({ issuer: ISSUER, subject }),
      server: 'payments',
      effect: 'deny',
      durationMs: expect.any(Number),
    });
  });
});

describe('an API Gateway REQUEST event', () => {
  let issuer: Server;
  let identity: IdentityConfig;
  let gateway: StartedFunction;
  let keys: Awaited<ReturnType<typeof generateKeyPair>>;
  let fetches: string[];

  beforeAll(async () => {
    fetches = [];
    keys = await generateKeyPair('RS256');
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'key-1', alg: 'RS256', use: 'sig' };
    issuer = createServer((request, response) => {
      fetches.push(request.url ?? '');
      const { port } = issuer.address() as AddressInfo;
      const base = `http://127.0.0.1:${port}`;
      const found =
        request.url === '/.well-known/openid-configuration' ? { issuer: `${base}/`, jwks_uri: `${base}/jwks` } : { keys: [jwk] };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found));
    }).listen(0, '127.0.0.1');
    await once(issuer, 'listening');
    identity = { issuer: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/`, audience: ['fleet'], audienceClaim: 'aud' };
    gateway = await startFunction(taskRoot, { ...table.environment, MCP_FLEET_IDENTITY: JSON.stringify(identity) });
  });

  afterAll(async () => {
    await gateway.stop();
    issuer.close();
  });

  function token(claims: Record<string, unknown> = {}, key = keys.privateKey): Promise<string> {
    return new SignJWT({ iss: identity.issuer, sub: subject, aud: 'fleet', exp: now() + 60, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'key-1' })
      .sign(key);
  }

  function request(bearer: string | undefined, path = '/payments/mcp') {
    return {
      type: 'REQUEST',
      methodArn: `arn:aws:execute-api:eu-central-1:123456789012:api1/prod/POST${path}`,
      path,
      headers: { ...(bearer !== undefined && { Authorization: bearer }), Host: 'x' },
    };
  }

  function grant(server: string) {
    const principal = { issuer: identity.issuer, subject };
    return table.put({ ...entry(subject, server, 'allow', ['*']), agent: agentId(principal), issuer: identity.issuer });
  }

  test('with a valid token of a granted agent is allowed on that one server', async () => {
    await grant('payments');
    const id = agentId({ issuer: identity.issuer, subject });
    expect((await gateway.invoke(request(`Bearer ${await token()}`))).result).toEqual({
      principalId: id,
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Action: 'execute-api:Invoke',
            Effect: 'Allow',
            Resource: 'arn:aws:execute-api:eu-central-1:123456789012:api1/prod/*/payments/*',
          },
        ],
      },
      context: { agentId: id, issuer: identity.issuer, subject },
    });
    expect((await gateway.invoke(request(`bearer ${await token()}`, '/memory/mcp'))).result).toMatchObject({
      policyDocument: { Statement: [{ Effect: 'Deny', Resource: expect.stringContaining('/memory/*') }] },
    });
  });

  test.each<[string, () => Promise<string | undefined>]>([
    ['no token', async () => undefined],
    ['another scheme', async () => `Basic ${await token()}`],
    ['no JWT', async () => 'Bearer no-token-at-all'],
    ['another audience', async () => `Bearer ${await token({ aud: 'another' })}`],
    ['another issuer', async () => `Bearer ${await token({ iss: 'https://evil.example.com/' })}`],
    ['an expired token', async () => `Bearer ${await token({ exp: now() - 60 })}`],
    ['a token that is not valid yet', async () => `Bearer ${await token({ nbf: now() + 600 })}`],
    ['no subject', async () => `Bearer ${await token({ sub: '' })}`],
    ['the signature of another key', async () => `Bearer ${await token({}, (await generateKeyPair('RS256')).privateKey)}`],
  ])('with %s is unauthorized, in exactly the word that becomes a 401', async (_, bearer) => {
    await grant('payments');
    const given = await bearer();
    const { result, error } = await gateway.invoke(request(given));
    expect(result).toBeUndefined();
    expect(error?.errorMessage).toBe('Unauthorized');
    if (given) expect(gateway.output()).not.toContain(given.split(' ')[1]);
  });

  test('whose path names no server is unauthorized', async () => {
    expect((await gateway.invoke(request(`Bearer ${await token()}`, '/.well-known/x'))).error?.errorMessage).toBe('Unauthorized');
  });

  test('finds the keys by discovery, once', async () => {
    await gateway.invoke(request(`Bearer ${await token()}`));
    await gateway.invoke(request(`Bearer ${await token()}`));
    expect(fetches).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  test('of Cognito is held against client_id', async () => {
    const cognito: IdentityConfig = { ...identity, audienceClaim: 'client_id', audience: ['client-1'], jwksUri: `${identity.issuer}jwks` };
    const started = await startFunction(taskRoot, { ...table.environment, MCP_FLEET_IDENTITY: JSON.stringify(cognito) });
    try {
      await grant('payments');
      const good = await started.invoke(request(`Bearer ${await token({ aud: undefined, client_id: 'client-1' })}`));
      expect(good.result).toMatchObject({ policyDocument: { Statement: [{ Effect: 'Allow' }] } });
      const bad = await started.invoke(request(`Bearer ${await token({ aud: 'client-1', client_id: 'client-2' })}`));
      expect(bad.error?.errorMessage).toBe('Unauthorized');
    } finally {
      await started.stop();
    }
  });
});
