import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CredentialConfig } from '../../../core/fleet-config';
import { answer, askedId, grant, type Rig, startRig } from '../rig';

const OLD = 'first-token-7HqYk2';
const NEW = 'second-token-9LmWx4';
const SHOWN: CredentialConfig = { kind: 'header', header: 'authorization', prefix: 'Bearer ', secret: { arn: 'token' } };

let rig: Rig;
let tokens: Server | undefined;

const call = (name: string) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } });
const shown = () => rig.reached.map(({ headers }) => headers.authorization);

const start = async (credential: CredentialConfig, secrets: Record<string, string> = { token: OLD }) => {
  rig = await startRig({ books: { credential, tools: { look: { effect: 'read_only', key: 'fenced' } } }, others: {} });
  Object.assign(rig.secrets, secrets);
  for (const subject of ['reader', 'writer']) for (const server of ['books', 'others']) await grant(rig, subject, server, ['*']);
  rig.upstream = (_, response) => answer(response, { jsonrpc: '2.0', result: { content: [] } });
};

beforeEach(() => {
  tokens = undefined;
});

afterEach(async () => {
  await rig.stop();
  tokens?.close();
});

test('a server is shown the credential and nothing of what the agent sends in its place; another server is shown nothing', async () => {
  await start(SHOWN);
  await rig.ask('reader', 'books', call('look'), { 'x-authorization': 'mine', 'proxy-authorization': 'mine' });
  await rig.ask('reader', 'others', call('look'));
  expect(shown()).toEqual([`Bearer ${OLD}`, undefined]);
  expect(JSON.stringify(rig.reached)).not.toContain('mine');
});

test('an agent has its own where it is given one, and a key of a JSON secret is one', async () => {
  const own = { issuer: '', subject: 'writer', arn: 'own', field: 'key' };
  await start({ kind: 'header', header: 'x-api-key', secret: { arn: 'token' }, perAgent: [own] }, { token: OLD, own: `{"key":"${NEW}"}` });
  const config = rig.gateway.config.servers.books?.credential as unknown as { perAgent: { issuer: string }[] };
  Object.assign(config.perAgent[0] as object, { issuer: rig.gateway.config.identity.issuer });
  for (const subject of ['reader', 'writer']) await rig.ask(subject, 'books', call('look'));
  expect(rig.reached.map(({ headers }) => headers['x-api-key'])).toEqual([OLD, NEW]);
});

test('one that was rotated is shown with the next call: a 401 was not executed, and it is read anew', async () => {
  await start(SHOWN);
  await rig.ask('writer', 'books', call('write'));
  rig.secrets.token = NEW;
  rig.upstream = ({ headers }, response) => {
    if (headers.authorization === `Bearer ${NEW}`) answer(response, { jsonrpc: '2.0', result: { content: [] } });
    else response.writeHead(401, { 'mcp-fleet-instance': 'task-1' }).end();
  };
  const { result } = await rig.ask('writer', 'books', call('write'));
  expect(Object.values(result._meta)).toMatchObject([{ outcome: 'confirmed' }]);
  expect(shown()).toEqual([OLD, OLD, NEW].map((token) => `Bearer ${token}`));
});

test('one that stays refused, or cannot be read, takes its own server away and nothing else', async () => {
  await start(SHOWN);
  rig.upstream = (_, response) => response.writeHead(401, { 'mcp-fleet-instance': 'task-1' }).end();
  const refused = await rig.ask('writer', 'books', call('write'));
  expect(refused.error.data).toMatchObject({ error: 'SERVER_UNAVAILABLE', outcome: 'not_executed' });
  expect(refused.error.data.reason).toContain('answered 401');
  expect(rig.reached).toHaveLength(2);

  delete rig.secrets.token;
  const gone = await rig.ask('writer', 'books', call('write'));
  expect(gone.error.data).toMatchObject({ error: 'SERVER_UNAVAILABLE', outcome: 'not_executed' });
  expect(gone.error.data.reason).toContain('ResourceNotFoundException');
  rig.upstream = (_, response) => answer(response, { jsonrpc: '2.0', result: { content: [] } });
  expect((await rig.ask('writer', 'others', call('write'))).result.content).toEqual([]);
});

test('a server that tells what it was shown tells it to nobody, nor to the ledger', async () => {
  await start(SHOWN);
  rig.upstream = ({ headers }, response) => {
    const text = `${headers.authorization} ${Buffer.from(headers.authorization ?? '').toString('base64')}`;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-fleet-instance': 'task-1' });
    response.end(
      `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: askedId(response), result: { content: [{ type: 'text', text }] } })}\n\n`,
    );
  };
  const { result } = await rig.ask('writer', 'books', call('write'));
  expect(JSON.stringify(result.content)).toContain('Bearer [secret authorization]');
  expect(JSON.stringify([result, await rig.rows()])).not.toContain(OLD);
  expect(JSON.stringify(result.content)).not.toContain(Buffer.from(OLD).toString('base64').slice(4, 16));
});

test('one that tells it in halves, in several calls, tells no agent the second', async () => {
  await start(SHOWN);
  const halves = [OLD.slice(0, 9), OLD.slice(9)];
  rig.upstream = (_, response, body) => {
    const text = `part: ${halves[Number(JSON.parse(body).params.arguments.half)]}`;
    answer(response, { jsonrpc: '2.0', result: { content: [{ type: 'text', text }] } });
  };
  const half = (subject: string, which: number) =>
    rig.ask(subject, 'books', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'write', arguments: { half: which } } });
  expect((await half('writer', 0)).result.content).toEqual([{ type: 'text', text: `part: ${halves[0]}` }]);
  expect((await half('reader', 1)).result.content).toEqual([{ type: 'text', text: `part: ${halves[1]}` }]);
  const second = await half('writer', 1);
  expect(second.error.data).toMatchObject({ error: 'OUTCOME_UNKNOWN', outcome: 'unknown' });
  expect(JSON.stringify([second, await rig.rows()]).split(halves[1] as string)).toHaveLength(2); // the other agent's row
});

test('a client of an OAuth server shows a token as long as it lives, and asks for another when it is refused', async () => {
  const asked: { headers: IncomingHttpHeaders; body: string }[] = [];
  tokens = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push({ headers: request.headers, body });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: `access-token-${asked.length}-abcdef`, token_type: 'Bearer', expires_in: 3600 }));
  }).listen(0, '127.0.0.1');
  await once(tokens, 'listening');
  const tokenUrl = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`;
  await start({ kind: 'oauth', tokenUrl, clientId: 'fleet', secret: { arn: 'token' }, scope: 'books.read' });

  for (let i = 0; i < 2; i++) await rig.ask('reader', 'books', call('look'));
  expect(asked).toHaveLength(1);
  expect(asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from(`fleet:${OLD}`).toString('base64')}`);
  expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({ grant_type: 'client_credentials', scope: 'books.read' });

  rig.secrets.token = NEW;
  rig.upstream = ({ headers }, response) => {
    if (headers.authorization?.includes('token-2')) answer(response, { jsonrpc: '2.0', result: { content: [] } });
    else response.writeHead(401, { 'mcp-fleet-instance': 'task-1' }).end();
  };
  expect((await rig.ask('reader', 'books', call('look'))).result.content).toEqual([]);
  expect(asked[1]?.headers.authorization).toBe(`Basic ${Buffer.from(`fleet:${NEW}`).toString('base64')}`);
  rig.skewMs = 3_600_000;
  expect((await rig.ask('reader', 'others', call('look'))).status).toBe(200);
});

test('an agent has a client of its own where it is given one: tokens of one are shown for no other, and none of them to an agent', async () => {
  const asked: string[] = [];
  tokens = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const [client] = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64')
      .toString()
      .split(':') as [string];
    asked.push(`${client} ${new URLSearchParams(body).get('scope')}`);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: `access-token-of-${client}-abcdef`, token_type: 'Bearer', expires_in: 3600 }));
  }).listen(0, '127.0.0.1');
  await once(tokens, 'listening');
  const tokenUrl = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`;
  const own = { issuer: '', subject: 'writer', clientId: 'writers', secret: { arn: 'own' }, scope: 'books.write' };
  const client = { kind: 'oauth', tokenUrl, clientId: 'fleet', secret: { arn: 'token' }, scope: 'books.read', perAgent: [own] } as const;
  await start(client, { token: OLD, own: NEW });
  const config = rig.gateway.config.servers.books?.credential as unknown as { perAgent: { issuer: string }[] };
  Object.assign(config.perAgent[0] as object, { issuer: rig.gateway.config.identity.issuer });
  rig.upstream = ({ headers }, response) =>
    answer(response, { jsonrpc: '2.0', result: { content: [{ type: 'text', text: headers.authorization }] } });

  const said: unknown[] = [];
  for (const subject of ['reader', 'writer', 'reader', 'writer']) said.push((await rig.ask(subject, 'books', call('look'))).result.content);
  expect(asked).toEqual(['fleet books.read', 'writers books.write']);
  expect(shown()).toEqual(['fleet', 'writers', 'fleet', 'writers'].map((name) => `Bearer access-token-of-${name}-abcdef`));
  expect(JSON.stringify([said, await rig.rows()])).not.toContain('access-token-of');
});

test.each(['sampling/createMessage', 'elicitation/create', 'roots/list', 'notifications/message'])(
  'what a server says by %s is judged as its results are',
  async (method) => {
    await start(SHOWN);
    rig.upstream = ({ headers }, response) => {
      const id = method.startsWith('notifications') ? {} : { id: 7 };
      const told = { message: headers.authorization, data: { key: Buffer.from(headers.authorization ?? '').toString('hex') } };
      response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-fleet-instance': 'task-1' });
      response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...id, method, params: { progressToken: 1, progress: 1, ...told } })}\n\n`);
      response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: askedId(response), result: { content: [] } })}\n\n`);
    };
    const text = await (await rig.post('writer', 'books', call('write'))).text();
    expect(text).toContain(`"method":"${method}"`);
    expect(text.split('[secret authorization]')).toHaveLength(3);
    expect(text).not.toContain(OLD);
    expect(text).not.toContain(Buffer.from(OLD).toString('hex'));
  },
);
