import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DELIVERY_WINDOW_MS } from '../../ledger/protocol';
import { answer, grant, type Rig, startRig } from './rig';

/** Longest that a transfer takes to be seen, in seconds. */
const EFFECT_SECONDS = 1;
/** More than any call may be on its way, and its effect unseen. */
const CONCLUSIVE_MS = DELIVERY_WINDOW_MS + 60_000;

const RECONCILE = {
  tool: 'find_transfer',
  arguments: '{ "reference": arguments.reference }',
  landed: 'result.structuredContent.found = true',
  notLanded: 'result.structuredContent.found = false',
  result: '{ "structuredContent": { "reference": arguments.reference } }',
  effectSeconds: EFFECT_SECONDS,
};

let rig: Rig;
let calls = 0;
/** What the server does with a transfer, and what its bank holds. */
let transfer: 'executes and dies' | 'executes and times out' | 'dies first' | 'answers';
let find: (reference: string) => object;
const bank: string[] = [];

beforeAll(async () => {
  rig = await startRig({
    payments: {
      recovery: { attempts: 2, seconds: 5 },
      tools: {
        transfer: { effect: 'state_changing', key: 'fenced', reconcile: RECONCILE },
        find_transfer: { effect: 'read_only', key: 'fenced' },
      },
    },
    ledgered: { tools: { transfer: { effect: 'state_changing', key: 'fenced', honoursKey: true } } },
    trusted: { trustAnnotations: true },
  });
  for (const server of ['payments', 'ledgered', 'trusted']) await grant(rig, 'treasury', server, ['*']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.reached.length = 0;
  rig.skewMs = 0;
  bank.length = 0;
  find = (reference) => ({ structuredContent: { found: bank.includes(reference) } });
  rig.upstream = serveTransfers;
});

/** A server of the legacy era, as its sidecar shows it. */
function serveTransfers(request: IncomingMessage, response: ServerResponse, body: string): void {
  const { id, method, params } = request.method === 'DELETE' ? { method: 'DELETE' } : JSON.parse(body);
  if (id === undefined) {
    response.writeHead(method === 'DELETE' ? 200 : 202, { 'mcp-fleet-instance': 'task-1' }).end();
    return;
  }
  const said = method === 'tools/call' ? callTool(params.name, params.arguments) : OPENING[method];
  if (said === undefined) request.socket.destroy();
  else answer(response, { jsonrpc: '2.0', id, ...said }, method === 'initialize' ? { 'mcp-session-id': 'own' } : {});
}

const OPENING: Readonly<Record<string, object>> = {
  'server/discover': { error: { code: -32601, message: 'Method not found' } },
  initialize: { result: { protocolVersion: '2025-11-25' } },
};

/** What bridges say when they have waited in vain. */
const TIMED_OUT = { error: { code: -32001, message: 'Request timed out' } };

function callTool(name: string, { reference }: { reference: string }): object | undefined {
  if (name === 'find_transfer') return { result: { content: [], ...find(reference) } };
  if (transfer !== 'dies first') bank.push(reference);
  if (transfer === 'executes and times out') return TIMED_OUT;
  return transfer === 'answers' ? { result: { content: [{ type: 'text', text: 'paid' }] } } : undefined;
}

function call(key: string, server = 'payments', tool = 'transfer') {
  const _meta = { 'cdk-mcp-fleet/idempotencyKey': key };
  return rig.ask('treasury', server, {
    jsonrpc: '2.0',
    id: ++calls,
    method: 'tools/call',
    params: { name: tool, arguments: { reference: key }, _meta },
  });
}

const sent = (tool: string) => rig.reached.filter(({ body }) => body.includes(`"name":"${tool}"`)).length;
const rowsOf = async (key: string) => (await rig.rows()).filter(({ idempotencyKey }) => idempotencyKey === key);

describe('a transfer whose answer was lost', () => {
  test('is confirmed at once when a read shows that it happened, and never sent again', async () => {
    transfer = 'executes and dies';
    const first = await call('landed');
    expect(first.id).toBe(calls);
    expect(first.result).toMatchObject({
      structuredContent: { reference: 'landed' },
      _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed', replayed: false } },
    });
    expect((await call('landed')).result).toMatchObject({ _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed', replayed: true } } });
    expect([sent('transfer'), bank]).toEqual([1, ['landed']]);
  });

  test('is looked for by the read, too, where the answer is one that bridges give for time-outs', async () => {
    transfer = 'executes and times out';
    rig.upstream = (request, response, body) => {
      serveTransfers(request, response, body);
      const { callId } = JSON.parse(Buffer.from(String(request.headers['mcp-fleet-context']).split('.')[0] ?? '', 'base64url').toString());
      if (body.includes('"name":"transfer"')) rig.kept.set(callId, JSON.stringify({ jsonrpc: '2.0', id: 1, ...TIMED_OUT }));
    };
    expect((await call('bridged')).result).toMatchObject({ _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed' } } });
    expect([sent('transfer'), bank]).toEqual([1, ['bridged']]);
  });

  test('leaves a row that tells how it came to its outcome, and one of the read', async () => {
    transfer = 'executes and dies';
    await call('told');
    const [row] = await rowsOf('told');
    expect(row?.history?.map(({ state, by }) => [state, by])).toEqual([
      ['sent', 'replica-1'],
      ['confirmed', 'replica-1'],
    ]);
    const read = (await rig.rows()).find(({ reason }) => reason === `RECONCILE: ${row?.callId}`);
    expect(read).toMatchObject({ tool: 'find_transfer', agent: row?.agent, state: 'confirmed', stateChanging: false });
    expect(read?.result).toContain('"found":true');
  });

  test('stays unknown while it may still be on its way, and the agent is told when to ask again', async () => {
    transfer = 'dies first';
    const { error } = await call('early');
    expect(error).toMatchObject({
      code: 504,
      data: { outcome: 'unknown', retry: 'same_key', recovery: { attempts: 2, budget: { attempts: 2, seconds: 5 } } },
    });
    expect(error.data.retryAfterMs).toBeGreaterThan(DELIVERY_WINDOW_MS);
    expect((error.data.recovery as { steps: { did: string }[] }).steps.map(({ did }) => did)).toEqual(
      expect.arrayContaining(['sent', 'instance', 'reconcile']),
    );
    const again = await call('early');
    expect(again.error).toMatchObject({ code: 504, data: { outcome: 'unknown' } });
    expect(sent('transfer')).toBe(1);
  });

  test('is executed by the next call with its key, once a conclusive read shows that it did not happen', async () => {
    transfer = 'dies first';
    await call('late');
    rig.skewMs = CONCLUSIVE_MS;
    transfer = 'answers';
    const second = await call('late');
    expect(second.result).toMatchObject({ content: [{ text: 'paid' }], _meta: { 'cdk-mcp-fleet/call': { replayed: false } } });
    expect([sent('transfer'), bank]).toEqual([2, ['late']]);
    const rows = await rowsOf('late');
    const lost = rows.find(({ pk, history = [] }) => pk.includes('#c:') && history.length > 2);
    expect(lost?.history?.map(({ state }) => state)).toEqual(['sent', 'unknown', 'not_executed']);
    expect(rows.find(({ pk }) => pk.endsWith('#k:late'))?.state).toBe('confirmed');
  });

  test('stays unknown for good where the read shows neither', async () => {
    transfer = 'dies first';
    find = () => ({ structuredContent: { pending: true } });
    await call('neither');
    rig.skewMs = CONCLUSIVE_MS;
    expect((await call('neither')).error).toMatchObject({ code: 504, data: { outcome: 'unknown' } });
    expect(sent('transfer')).toBe(1);
  });

  test('stays unknown where the read itself fails', async () => {
    transfer = 'dies first';
    find = () => {
      throw new Error('the bank is away');
    };
    rig.upstream = (request, response, body) => {
      if (body.includes('find_transfer')) request.socket.destroy();
      else serveTransfers(request, response, body);
    };
    await call('blind');
    rig.skewMs = CONCLUSIVE_MS;
    expect((await call('blind')).error).toMatchObject({ code: 504, data: { outcome: 'unknown' } });
    expect(sent('transfer')).toBe(1);
  });

  test('is read for once, however many wait for it', async () => {
    transfer = 'dies first';
    await call('crowd');
    rig.reached.length = 0;
    rig.skewMs = 2_000; // the read of a moment ago is old
    await Promise.all(Array.from({ length: 5 }, () => call('crowd')));
    expect([sent('transfer'), sent('find_transfer')]).toEqual([0, 1]);
  });

  test('is settled for who only asks later, and not sent', async () => {
    transfer = 'dies first';
    await call('asked');
    bank.push('asked');
    rig.skewMs = CONCLUSIVE_MS;
    const response = await fetch(`${rig.url}/payments/calls/asked`, {
      headers: { authorization: `Bearer ${await rig.token('treasury', { expiresIn: 3_600 })}` },
    });
    expect(await response.json()).toMatchObject({ outcome: 'confirmed', result: { structuredContent: { reference: 'asked' } } });
    expect(sent('transfer')).toBe(1);
  });
});

describe('a server that honours keys', () => {
  test('is sent a lost call again with its key, and its answer settles it', async () => {
    let dies = true;
    rig.upstream = (request, response, body) => {
      if (dies && body.includes('"transfer"')) {
        dies = false;
        request.socket.destroy();
      } else serveTransfers(request, response, body);
    };
    transfer = 'answers';
    const { id, result } = await call('honoured', 'ledgered');
    expect(id).toBe(calls);
    expect(result).toMatchObject({ content: [{ text: 'paid' }], _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed' } } });
    const bodies = rig.reached.filter(({ body }) => body.includes('"transfer"')).map(({ body }) => JSON.parse(body).params);
    expect(bodies).toHaveLength(2);
    for (const params of bodies) {
      expect(params).toMatchObject({ arguments: { reference: 'honoured' }, _meta: { 'cdk-mcp-fleet/idempotencyKey': 'honoured' } });
    }
  });

  test('is not sent anything by who only asks', async () => {
    rig.upstream = (request, response, body) => {
      if (body.includes('"transfer"')) request.socket.destroy();
      else serveTransfers(request, response, body);
    };
    await call('only-asked', 'ledgered');
    const before = sent('transfer');
    const response = await fetch(`${rig.url}/ledgered/calls/only-asked`, {
      headers: { authorization: `Bearer ${await rig.token('treasury')}` },
    });
    expect(await response.json()).toMatchObject({ outcome: 'unknown' });
    expect(sent('transfer')).toBe(before);
  });
});

describe('a server whose annotations are trusted', () => {
  const TOOLS = [
    { name: 'put', annotations: { idempotentHint: true } },
    { name: 'add', annotations: {} },
    { name: 'get', annotations: { readOnlyHint: true } },
  ];
  let answers: (object | 'dies')[];

  beforeEach(() => {
    rig.upstream = (request, response, body) => {
      const { id, method } = JSON.parse(body || '{}');
      if (method === 'tools/list') return answer(response, { jsonrpc: '2.0', id, result: { tools: TOOLS } });
      if (method !== 'tools/call') return serveTransfers(request, response, body);
      const next = answers.shift() ?? { result: { content: [] } };
      if (next === 'dies') request.socket.destroy();
      else answer(response, { jsonrpc: '2.0', id, ...next });
    };
  });

  test('is sent an idempotent call again, and a result confirms it', async () => {
    answers = ['dies', { result: { content: [{ type: 'text', text: 'put' }] } }];
    expect((await call('put-1', 'trusted', 'put')).result).toMatchObject({ content: [{ text: 'put' }] });
  });

  test('but an error of the second attempt says nothing of the first', async () => {
    answers = ['dies', { result: { content: [], isError: true } }, { error: { code: -32000, message: 'gone' } }];
    expect((await call('put-2', 'trusted', 'put')).error).toMatchObject({ code: 504, data: { outcome: 'unknown' } });
  });

  test('is not sent again what is not idempotent', async () => {
    answers = ['dies'];
    expect((await call('add-1', 'trusted', 'add')).error).toMatchObject({ code: 504, data: { outcome: 'unknown' } });
    expect(sent('add')).toBe(1);
  });

  test('reads are reads: not claimed, and asked again when they are lost', async () => {
    answers = ['dies', { result: { content: [{ type: 'text', text: 'got' }] } }];
    expect((await call('get-1', 'trusted', 'get')).result).toMatchObject({ content: [{ text: 'got' }] });
    expect((await rowsOf('get-1'))[0]).toMatchObject({ stateChanging: false });
  });
});
