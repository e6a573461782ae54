import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sessionKey } from '../../core/session-key';
import { answer, grant, type Rig, type RpcAnswer, startRig } from './rig';

let rig: Rig;
/** What the one instance that is alive holds: its sessions, and what they were told. */
let held: Map<string, string[]>;
let opened: number;

beforeAll(async () => {
  const docs = { onLoss: 'restart', tools: { read: { effect: 'read_only', key: 'fenced' } } } as const;
  rig = await startRig({ docs, cart: { onLoss: 'surface' } });
  for (const server of ['docs', 'cart']) await grant(rig, 'research', server, ['*']);
});
afterAll(() => rig.stop());

beforeEach(() => {
  held = new Map();
  opened = 0;
  rig.upstream = (request, response, body) => {
    const session = request.headers['mcp-session-id'] as string | undefined;
    if (session !== undefined && !held.has(session)) {
      return response.writeHead(404, { 'mcp-fleet-instance': 'task-2', 'mcp-fleet-reason': 'unknown_session' }).end('{}');
    }
    if (request.method === 'DELETE') {
      held.delete(session ?? '');
      return answer(response, {});
    }
    const { id, method, params } = JSON.parse(body);
    if (method === 'initialize') {
      const upstream = `upstream-${++opened}`;
      held.set(upstream, [`initialize as ${params.clientInfo.name}`]);
      const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 's', version: '1' } };
      return answer(
        response,
        { jsonrpc: '2.0', id, result },
        { 'mcp-session-id': upstream, 'set-cookie': `AWSALB=to-${upstream}; Path=/` },
      );
    }
    held
      .get(session ?? '')
      ?.push(method === 'tools/call' ? `call ${params.name}` : `${method} ${params?.level ?? params?.uri ?? ''}`.trim());
    if (id === undefined) return response.writeHead(202, { 'mcp-fleet-instance': 'task-2' }).end();
    answer(response, { jsonrpc: '2.0', id, result: method === 'tools/call' ? { content: [] } : {} });
  };
});

const rpc = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params });
const call = (name: string) => rpc('tools/call', { name, arguments: {} });

async function open(server: string): Promise<(message: object, replica?: string) => ReturnType<Rig['ask']>> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'research-bot', version: '1' } };
  const response = await rig.post('research', server, rpc('initialize', params));
  const headers = { 'mcp-session-id': response.headers.get('mcp-session-id') ?? '' };
  return Object.assign((message: object) => rig.ask('research', server, message, headers), { id: headers['mcp-session-id'] });
}

describe('a session whose instance is gone', () => {
  test('is opened again with what its agent had said, keeps its id, and its next result says so', async () => {
    const ask = await open('docs');
    await ask(rpc('logging/setLevel', { level: 'error' }));
    await ask(rpc('resources/subscribe', { uri: 'test://a' }));
    await ask(rpc('resources/subscribe', { uri: 'test://b' }));
    await ask(rpc('resources/unsubscribe', { uri: 'test://a' }));
    held.clear();

    const first = await ask(call('write'));
    expect(first.result._meta['cdk-mcp-fleet/call']).toMatchObject({ outcome: 'confirmed', sessionRestored: true });
    expect([...held]).toEqual([
      [
        'upstream-2',
        ['initialize as research-bot', 'notifications/initialized', 'logging/setLevel error', 'resources/subscribe test://b', 'call write'],
      ],
    ]);
    const second = await ask(call('write'));
    expect(second.result._meta['cdk-mcp-fleet/call']).toMatchObject({ sessionRestored: false });
    expect(rig.reached.at(-1)?.headers.cookie).toBe('AWSALB=to-upstream-2');
    expect(opened).toBe(2);
  });

  test('tells its agent in the next result, whatever request had it opened again, and once for all replicas', async () => {
    const ask = await open('docs');
    const { id } = ask as unknown as { id: string };
    held.clear();
    await ask(rpc('ping'));
    expect((await ask(call('read'))).result._meta['cdk-mcp-fleet/call']).toMatchObject({ sessionRestored: true });
    expect((await ask(call('read'))).result._meta['cdk-mcp-fleet/call']).toMatchObject({ sessionRestored: false });
    const headers = {
      authorization: `Bearer ${await rig.token('research')}`,
      'content-type': 'application/json',
      accept: '*/*',
      'mcp-session-id': id,
    };
    const elsewhere = await fetch(`${await rig.replica()}/docs/mcp`, { method: 'POST', headers, body: JSON.stringify(call('read')) });
    expect(((await elsewhere.json()) as RpcAnswer).result._meta['cdk-mcp-fleet/call']).toMatchObject({ sessionRestored: false });
  });

  test('can be ended, and stays ended', async () => {
    const ask = await open('docs');
    const { id } = ask as unknown as { id: string };
    held.clear();
    const end = async () =>
      fetch(`${rig.url}/docs/mcp`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${await rig.token('research')}`, 'mcp-session-id': id },
      });
    expect((await end()).status).toBe(200);
    expect((await end()).status).toBe(404);
    expect((await rig.post('research', 'docs', rpc('ping'), { 'mcp-session-id': id })).status).toBe(404);
    expect(opened).toBe(1);
  });

  test('is opened again once for many requests at a time, on this replica', async () => {
    const ask = await open('docs');
    held.clear();
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(call('read'))));
    expect(answers.every(({ result }) => result !== undefined)).toBe(true);
    expect(opened).toBe(2);
  });

  test('has one winner among two replicas, and the other leaves nothing behind', async () => {
    const { id } = (await open('docs')) as unknown as { id: string };
    const other = await rig.replica();
    held.clear();
    const headers = {
      authorization: `Bearer ${await rig.token('research')}`,
      'content-type': 'application/json',
      accept: '*/*',
      'mcp-session-id': id,
    };
    const answers = await Promise.all(
      [rig.url, other, rig.url, other].map((url) =>
        fetch(`${url}/docs/mcp`, { method: 'POST', headers, body: JSON.stringify(rpc('ping')) }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(held.size).toBe(1);
    const row = (await rig.sessions()).find(({ session }) => session === sessionKey(id));
    expect(row).toMatchObject({ generation: 1, upstream: [...held.keys()][0] });
  });

  test('can be lost and opened again many times', async () => {
    const ask = await open('docs');
    for (let generation = 1; generation <= 3; generation++) {
      held.clear();
      expect((await ask(rpc('ping'))).result).toEqual({});
    }
    expect(opened).toBe(4);
  });

  test('is not opened again after its agent ended it', async () => {
    const ask = (await open('docs')) as unknown as { id: string };
    const headers = { authorization: `Bearer ${await rig.token('research')}`, 'mcp-session-id': ask.id };
    expect((await fetch(`${rig.url}/docs/mcp`, { method: 'DELETE', headers })).status).toBe(200);
    const response = await rig.post('research', 'docs', rpc('ping'), { 'mcp-session-id': ask.id });
    expect(response.status).toBe(404);
    expect(opened).toBe(1);
  });

  test('ends where it is now, also by a replica that did not see it move', async () => {
    const ask = await open('docs');
    const { id } = ask as unknown as { id: string };
    const other = await rig.replica();
    held.clear();
    expect((await ask(rpc('ping'))).result).toEqual({});
    expect([...held.keys()]).toEqual(['upstream-2']);
    const headers = { authorization: `Bearer ${await rig.token('research')}`, 'mcp-session-id': id };
    expect((await fetch(`${other}/docs/mcp`, { method: 'DELETE', headers })).status).toBe(200);
    expect([...held.keys()]).toEqual([]);
    expect((await rig.post('research', 'docs', rpc('ping'), { 'mcp-session-id': id })).status).toBe(404);
  });

  test('ends also where the first word of it is lost on the way to its server', async () => {
    const { id } = (await open('docs')) as unknown as { id: string };
    const usual = rig.upstream;
    rig.upstream = (request) => {
      rig.upstream = usual;
      request.socket.destroy();
    };
    const headers = { authorization: `Bearer ${await rig.token('research')}`, 'mcp-session-id': id };
    expect((await fetch(`${rig.url}/docs/mcp`, { method: 'DELETE', headers })).status).toBe(200);
    expect([...held.keys()]).toEqual([]);
  });

  test('of a server that must not be restarted surfaces as 404, with what to do', async () => {
    const ask = await open('cart');
    held.clear();
    const { status, error } = await ask(call('checkout'));
    expect([status, error.code, error.data.retry, error.data.outcome]).toEqual([404, -32001, 'reinitialize', 'not_executed']);
    expect(opened).toBe(1);
  });
});

test('a read that was lost with its instance is asked again; a write is not', async () => {
  const ask = await open('docs');
  const usual = rig.upstream;
  const loseOnce = () => {
    rig.upstream = (request) => {
      rig.upstream = usual;
      held.clear();
      request.socket.destroy();
    };
  };
  loseOnce();
  expect((await ask(call('read'))).result._meta['cdk-mcp-fleet/call']).toMatchObject({ outcome: 'confirmed', sessionRestored: true });
  loseOnce();
  expect((await ask(call('write'))).error.data).toMatchObject({ outcome: 'unknown' });
});
