import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { RecoveryExhausted, type RecoveryOptions, recoveringFetch } from '../../client';
import { answer, deferred, grant, type Rig, startRig } from '../gateway/rig';
import { type ClientKind, connectClient, type TestClient } from './clients';
import { full, type JournaledServer, journaledServer, loseSession } from './journaled-server';
import { type LossyProxy, startLossyProxy } from './lossy-proxy';

const KEY = 'cdk-mcp-fleet/idempotencyKey';
const CLIENTS: ClientKind[] = ['SDK v1', 'SDK v2', 'raw fetch'];

let rig: Rig;
let proxy: LossyProxy;
let server: JournaledServer;
let waits: number[];
let calls = 0;

beforeAll(async () => {
  rig = await startRig({
    payments: {
      tools: {
        balance: { effect: 'read_only', key: 'fenced' },
        audit: { effect: 'state_changing', key: 'required' },
        pay: { effect: 'state_changing', key: 'required', keyArgument: 'ref' },
      },
    },
  });
  proxy = await startLossyProxy(rig.url);
  await grant(rig, 'treasury', 'payments', ['*']);
});
afterAll(async () => {
  proxy.close();
  await rig.stop();
});
beforeEach(() => {
  server = journaledServer();
  rig.upstream = server.upstream;
  rig.reached.length = 0;
  proxy.fate = () => 'passes';
  proxy.cuts = 0;
  waits = [];
});

/** Waits are noted and not waited. */
function agentFetch(options: RecoveryOptions = {}) {
  const sleep = async (ms: number): Promise<void> => {
    waits.push(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return recoveringFetch({ ...options, clock: { sleep, ...options.clock } });
}

async function withClient(
  kind: ClientKind,
  fetch: ReturnType<typeof recoveringFetch>,
  use: (client: TestClient) => Promise<void>,
): Promise<void> {
  const client = await connectClient(kind, `${proxy.url}/payments/mcp`, await rig.token('treasury'), fetch);
  try {
    await use(client);
  } finally {
    await client.close();
  }
}

/** A gateway whose lists do not say what tools demand, as it was when an agent listed them. */
const withoutDemands: typeof fetch = async (url, init) => {
  const response = await fetch(url, init);
  if (!response.headers.get('content-type')?.includes('json')) return response;
  return new Response((await response.text()).replaceAll('cdk-mcp-fleet/idempotency"', 'x"'), response);
};

/** Cuts the next call, and no other one. */
function cutOnce(fate: 'not_forwarded' | number): void {
  proxy.fate = () => {
    proxy.fate = () => 'passes';
    return fate;
  };
}

const transfer = () => ({ name: 'transfer', arguments: { n: ++calls } });
const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error) => error,
  );

describe.each(CLIENTS)('an agent with %s', (kind) => {
  test('sends each write under a key of its own and all of them under one task', async () => {
    const fetch = agentFetch({ taskId: 'task-7' });
    await withClient(kind, fetch, async (client) => {
      await client.callTool(transfer());
      await client.callTool({ ...transfer(), _meta: { [KEY]: `own-${calls}` } });
    });
    const [first, second] = server.journal;
    expect(first).toMatchObject({ key: expect.stringMatching(/^[\da-f-]{36}$/), task: 'task-7' });
    expect(second).toMatchObject({ key: `own-${calls}`, task: 'task-7' });
    expect(fetch.task.report()).toEqual({
      confirmed: [
        { key: first?.key, tool: 'transfer', callId: expect.any(String) },
        { key: second?.key, tool: 'transfer', callId: expect.any(String) },
      ],
      failed: [],
      notExecuted: [],
      unknown: [],
    });
  });

  // 0: before the answer; 40: in its head; the others: in the event that primes the stream, behind it, and in the answer.
  test.each(['not_forwarded', 0, 40, 330, 420, 500] as const)(
    'whose connection is cut (%s) gets its result; the call ran once',
    async (fate) => {
      server.takesMs = 60;
      const fetch = agentFetch();
      await withClient(kind, fetch, async (client) => {
        cutOnce(fate);
        const call = transfer();
        expect(await client.callTool(call)).toMatchObject({ content: [{ text: `done ${call.arguments.n}` }] });
      });
      expect([server.journal.length, proxy.cuts]).toEqual([1, 1]);
      expect(fetch.task.report()).toMatchObject({ confirmed: [{ key: server.journal[0]?.key }], unknown: [] });
    },
  );

  test('is not told that a server was full for a moment', async () => {
    const fetch = agentFetch();
    await withClient(kind, fetch, async (client) => {
      server.instead.set('tools/call', full);
      expect(await client.callTool(transfer())).toMatchObject({ content: [{ text: `done ${calls}` }] });
    });
    expect(server.journal).toHaveLength(1);
    expect(waits).toEqual([1000]); // retryAfterMs of the refusal
  });

  test('whose session is lost goes on in another one under its old id, all requests at a time by one initialize', async () => {
    await withClient(kind, agentFetch(), async (client) => {
      await client.setLoggingLevel('debug');
      server.sessions.clear();
      const results = await Promise.all([client.callTool(transfer()), client.callTool(transfer()), client.listTools()]);
      expect(results).toHaveLength(3);
    });
    const [[, told] = []] = server.sessions;
    expect(server.sessions.size).toBe(1);
    expect(told).toEqual(expect.arrayContaining(['notifications/initialized', 'logging/setLevel', 'tools/list']));
    expect(server.journal).toHaveLength(2);
  });

  test('that gives up says what is done and what is not', async () => {
    const fetch = agentFetch();
    await withClient(kind, fetch, async (client) => {
      await client.callTool(transfer());
      rig.upstream = (request) => request.socket.destroy();
      const error = RecoveryExhausted.from(await failure(client.callTool(transfer())));
      expect(error).toMatchObject({
        outcome: 'unknown',
        attempts: 6,
        call: { tool: 'transfer', callId: expect.any(String) },
        confirmed: [{ key: server.journal[0]?.key, tool: 'transfer' }],
        failed: [],
        notExecuted: [],
        unknown: [{ tool: 'transfer', callId: expect.any(String) }],
      });
      expect(error?.unknown).toEqual(fetch.task.report().unknown);
    });
    expect(rig.reached.filter(({ body }) => body.includes('tools/call'))).toHaveLength(2);
  });

  test('sees a refusal that is final as it is', async () => {
    const fetch = agentFetch();
    await withClient(kind, fetch, async (client) => {
      const key = `reused-${++calls}`;
      await client.callTool({ ...transfer(), _meta: { [KEY]: key } });
      expect(await failure(client.callTool({ ...transfer(), _meta: { [KEY]: key } }))).toMatchObject({
        code: 422,
        data: { error: 'KEY_REUSED' },
      });
    });
    expect(waits).toEqual([]);
    expect(fetch.task.report()).toMatchObject({ confirmed: [{}], notExecuted: [{ tool: 'transfer' }], unknown: [] });
  });
});

describe('a recovering fetch', () => {
  test('waits for a call of the same key that still runs elsewhere', async () => {
    const [released, release] = deferred();
    const arrived = new Promise<void>((resolve) => {
      server.instead.set('tools/call', (request, response, body) => {
        resolve();
        void released.then(() => server.upstream(request, response, body));
      });
    });
    const askedAgain: number[] = [];
    const fetch = agentFetch({
      clock: {
        sleep: async (ms) => {
          askedAgain.push(ms);
          release();
        },
      },
    });
    await withClient('raw fetch', fetch, async (client) => {
      const call = { ...transfer(), _meta: { [KEY]: `running-${calls}` } };
      const other = await connectClient('raw fetch', `${rig.url}/payments/mcp`, await rig.token('treasury'), agentFetch());
      const first = other.callTool(call);
      await arrived;
      const row = (await rig.rows()).find(({ idempotencyKey }) => idempotencyKey === `running-${calls}`);
      rig.kept.set(row?.callId ?? '', 'running');
      const looksAgain = new Promise<void>((resolve) => {
        const get = rig.kept.get.bind(rig.kept);
        rig.kept.get = (callId) => {
          resolve();
          return get(callId);
        };
      });
      const second = client.callTool(call);
      await looksAgain; // the second caller has begun to wait
      rig.skewMs += 20_001; // and is told so when its patience ends
      expect(await second).toMatchObject({ _meta: { 'cdk-mcp-fleet/call': { replayed: true } } });
      expect(await first).toMatchObject({ content: [{ text: `done ${calls}` }] });
    });
    expect(askedAgain).toEqual([1000]);
    expect(server.journal).toHaveLength(1);
  });

  test('gives reads no key, once the list has told which they are, and asks them again when they are lost', async () => {
    const fetch = agentFetch();
    await withClient('SDK v1', fetch, async (client) => {
      await client.listTools();
      cutOnce(0);
      await client.callTool({ name: 'balance', arguments: { n: 1 } });
    });
    expect(server.journal.map(({ key }) => key)).toEqual([undefined, undefined]);
    expect(fetch.task.report().confirmed).toEqual([{ tool: 'balance', callId: expect.any(String) }]);
  });

  test.each([
    ['by the list', fetch, 1],
    ['only when it refuses', withoutDemands, 2],
  ])('gives a key to what calls itself a read and is none for the gateway, which says so %s', async (_, send, attempts) => {
    server.instead.set('tools/list', (_request, response, body) => {
      const tools = [{ name: 'audit', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }];
      answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { tools } });
    });
    let sent = 0;
    const counting: typeof fetch = (url, init) => {
      if (String(init?.body).includes('"tools/call"')) sent++;
      return send(url, init);
    };
    await withClient('SDK v2', agentFetch({ fetch: counting }), async (client) => {
      await client.listTools();
      await client.callTool({ name: 'audit', arguments: { n: 1 } });
    });
    expect(server.journal).toMatchObject([{ key: expect.any(String) }]);
    expect(sent).toBe(attempts);
  });

  test('takes the key from the argument in which the tool wants it', async () => {
    server.instead.set('tools/list', (_, response, body) => {
      answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { tools: [{ name: 'pay', inputSchema: { type: 'object' } }] } });
    });
    const fetch = agentFetch();
    await withClient('SDK v1', fetch, async (client) => {
      await client.listTools();
      cutOnce(0);
      await client.callTool({ name: 'pay', arguments: { n: 1, ref: 'invoice-9' } });
    });
    expect(server.journal).toMatchObject([{ tool: 'pay', key: undefined }]);
    expect(fetch.task.report().confirmed).toMatchObject([{ tool: 'pay', key: 'invoice-9' }]);
  });

  test('takes an identical call for the repetition of one that is unknown, and a different one for a new one', async () => {
    const fetch = agentFetch({ budget: { attempts: 1 } });
    await withClient('SDK v1', fetch, async (client) => {
      const call = transfer();
      cutOnce(0);
      expect(RecoveryExhausted.from(await failure(client.callTool(call)))?.unknown).toHaveLength(1);
      expect(await client.callTool(call)).toMatchObject({ _meta: { 'cdk-mcp-fleet/call': { replayed: true } } });
      await client.callTool(call);
    });
    const [first, second] = server.journal;
    expect(server.journal).toHaveLength(2);
    expect(first?.key).not.toBe(second?.key);
    expect(fetch.task.report()).toMatchObject({ confirmed: [{ key: first?.key }, { key: second?.key }], unknown: [] });
  });

  test('takes an identical call for the repetition of one that its agent did not wait for', async () => {
    const fetch = agentFetch();
    await withClient('SDK v1', fetch, async (client) => {
      const call = transfer();
      server.takesMs = 300;
      expect(await failure(client.callTool(call, undefined, { timeout: 100 }))).toMatchObject({
        message: expect.stringContaining('timed out'),
      });
      while (fetch.task.report().confirmed.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await client.callTool(call)).toMatchObject({ _meta: { 'cdk-mcp-fleet/call': { replayed: true } } });
    });
    expect(server.journal).toHaveLength(1);
  });

  test('asks again in the sessionless era too, where a stream cannot be resumed', async () => {
    const fetch = agentFetch();
    cutOnce(40);
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
    const response = await fetch(`${proxy.url}/payments/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await rig.token('treasury')}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'transfer',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 5, method: 'tools/call', params: { ...transfer(), _meta: meta } }),
    });
    expect(await response.json()).toMatchObject({ id: 5, result: { content: [{ text: `done ${calls}` }] } });
    expect([server.journal.length, proxy.cuts]).toEqual([1, 1]);
  });

  test('stops when its caller leaves', async () => {
    const leaving = new AbortController();
    const fetch = agentFetch({ clock: { sleep: async () => leaving.abort(new Error('left')) } });
    const call = fetch('http://127.0.0.1:1/mcp', {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
      signal: leaving.signal,
    });
    await expect(call).rejects.toThrow('left');
  });

  test('does not say "not executed" of a call whose first attempt was lost', async () => {
    const fetch = agentFetch();
    await withClient('SDK v2', fetch, async (client) => {
      proxy.fate = () => {
        proxy.fate = () => 'passes';
        rig.authorizerFails = true;
        rig.skewMs += 40_000; // past the decision that the gateway remembers
        return 0;
      };
      const call = transfer();
      const error = RecoveryExhausted.from(await failure(client.callTool(call)));
      rig.authorizerFails = false;
      expect(error).toMatchObject({ outcome: 'unknown', unknown: [{ tool: 'transfer' }], notExecuted: [] });

      const grants = rig.allowlist.splice(0);
      await grant(rig, 'treasury', 'payments', ['balance']);
      rig.skewMs += 40_000;
      const denied = RecoveryExhausted.from(await failure(client.callTool(call)));
      rig.allowlist.splice(0, 1, ...grants);
      rig.skewMs += 40_000;
      expect(denied).toMatchObject({ attempts: 1, outcome: 'unknown', message: expect.stringContaining('has no grant') });
    });
  });

  test('surfaces a lost session when it is told to', async () => {
    await withClient('SDK v2', agentFetch({ reopenSessions: false }), async (client) => {
      server.instead.set('tools/call', (_, response) => loseSession(response));
      expect(await failure(client.callTool(transfer()))).toMatchObject({ message: expect.stringContaining('Session not found') });
    });
  });
});
