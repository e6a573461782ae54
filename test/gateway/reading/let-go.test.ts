import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sessionKey } from '../../../core/session-key';
import { answer, askedId, deferred, grant, type Rig, startRig, type Upstream } from '../rig';
import { call, INITIALIZE } from './messages';
import { event, eventually, openSession, RESULTS, reachedServer, serving, stream } from './serving';

let rig: Rig;
let session: string;
let keys = 0;
beforeAll(async () => {
  rig = await startRig({
    payments: {
      recovery: { attempts: 1, seconds: 1 },
      tools: {
        balance: { effect: 'read_only', key: 'fenced' },
        render: { effect: 'state_changing', key: 'fenced', cancellable: true },
      },
    },
  });
  await grant(rig, 'support', 'payments', ['*']);
});
afterAll(() => rig.stop());
beforeEach(async () => {
  rig.upstream = serving();
  session = await openSession(rig, 'support', 'payments', INITIALIZE);
  rig.reached.length = 0;
});

const inSession = () => ({ 'mcp-session-id': session });
const end = async (id = session): Promise<Response> =>
  fetch(`${rig.url}/payments/mcp`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${await rig.token('support')}`, 'mcp-session-id': id },
  });
const cancel = (requestId: unknown) =>
  rig.post(
    'support',
    'payments',
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId, reason: 'no patience' } },
    inSession(),
  );
const rowOf = async (key: string) => (await rig.rows()).find(({ idempotencyKey }) => idempotencyKey === key);

/** Lets the clock run ahead until it is there: whoever waits may not have begun to. */
async function hasten<T>(awaited: Promise<T>): Promise<T> {
  const clock = setInterval(() => {
    rig.skewMs += 21_000;
  }, 200);
  return awaited.finally(() => clearInterval(clock));
}

/** A tool that has arrived when told so, and answers when it may. */
function slowly(): { upstream: Upstream; arrived: Promise<void>; finish: () => void; closed: Promise<void> } {
  const [arrived, arrive] = deferred();
  const [finished, finish] = deferred();
  const [closed, close] = deferred();
  const upstream = serving({
    'tools/call': async (request, response) => {
      request.socket.once('close', close);
      response.once('close', close);
      arrive();
      await finished;
      answer(response, { jsonrpc: '2.0', result: RESULTS['tools/call'] });
    },
  });
  return { upstream, arrived, finish, closed };
}

describe('the response ends the exchange:', () => {
  test.each(['balance', 'pay'])(
    'a stream that a server leaves open behind it is closed, and its agent has its answer (%s)',
    async (tool) => {
      const [closed, close] = deferred();
      rig.upstream = serving({
        'tools/call': (_, response) => {
          response.once('close', close);
          stream(response).write(event({ jsonrpc: '2.0', id: askedId(response), result: RESULTS['tools/call'] }));
        },
      });
      const { result } = await rig.ask('support', 'payments', call(tool, {}, `open-${++keys}`), inSession());
      expect(result.content).toEqual([{ type: 'text', text: 'done' }]);
      await closed;
      await eventually(() => rig.gateway.holdings.bytes === 0 && rig.gateway.admission.underWay.length === 0);
    },
  );

  test('and what it goes on saying there is nobody’s', async () => {
    rig.upstream = serving({
      'tools/call': (_, response) => {
        const id = askedId(response);
        stream(response).write(event({ jsonrpc: '2.0', id, result: RESULTS['tools/call'] }));
        response.write(event({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'second' }] } }));
        response.write(event({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'second' } }));
      },
    });
    expect(await (await rig.post('support', 'payments', call('balance'), inSession())).text()).not.toContain('second');
  });
});

describe('the end of a session', () => {
  test.each([200, 202, 204, 400, 404, 405, 500, 501, 503])(
    'is one for its agent and the directory, although the server says %d',
    async (status) => {
      rig.upstream = (_, response) => void response.writeHead(status, { 'mcp-fleet-instance': 'task-1' }).end();
      const response = await end();
      expect(response.status).toBe(200);
      await response.text();
      expect((await rig.sessions()).find((row) => row.session === sessionKey(session))?.closedAt).toEqual(expect.any(Number));
      expect(reachedServer(rig)).toEqual(['DELETE /payments/mcp']);
    },
  );

  test('is one although the server is gone', async () => {
    rig.upstream = (request) => void request.socket.destroy();
    expect((await end()).status).toBe(200);
  });

  test('waits for a claimed call of it', async () => {
    const slow = slowly();
    rig.upstream = slow.upstream;
    const called = rig.ask('support', 'payments', call('pay', {}, 'waited-for'), inSession());
    await slow.arrived;
    const ended = end();
    await eventually(async () => (await rig.sessions()).find((row) => row.session === sessionKey(session))?.closedAt !== undefined);
    expect(reachedServer(rig)).toEqual(['tools/call pay']);
    slow.finish();
    expect((await called).result.content).toEqual([{ type: 'text', text: 'done' }]);
    expect((await ended).status).toBe(200);
    expect(reachedServer(rig)).toEqual(['tools/call pay', 'DELETE /payments/mcp']);
    expect((await rowOf('waited-for'))?.state).toBe('confirmed');
  });

  test('waits for no longer than it may', async () => {
    const slow = slowly();
    rig.upstream = slow.upstream;
    const called = rig.ask('support', 'payments', call('pay', {}, 'too-slow'), inSession());
    await slow.arrived;
    const ended = end();
    await eventually(async () => (await rig.sessions()).find((row) => row.session === sessionKey(session))?.closedAt !== undefined);
    expect((await hasten(ended)).status).toBe(200);
    expect(reachedServer(rig)).toEqual(['tools/call pay', 'DELETE /payments/mcp']);
    slow.finish();
    await called;
  });
});

describe('a cancellation', () => {
  test.each([
    ['of a read', call('balance', {}, undefined, 'r-1')],
    ['of a list', { jsonrpc: '2.0', id: 'r-1', method: 'tools/list' }],
  ])('%s reaches the server, under the id that it knows', async (_, body) => {
    const [arrived, arrive] = deferred();
    let id: unknown;
    const hang: Upstream = (_request, response) => {
      id = askedId(response);
      arrive();
    };
    rig.upstream = serving({ 'tools/call': hang, 'tools/list': hang });
    const asked = rig.ask('support', 'payments', body, inSession());
    await arrived;
    expect((await cancel('r-1')).status).toBe(202);
    expect(JSON.parse(rig.reached.at(-1)?.body ?? '')).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: id, reason: 'no patience' },
    });
    // The server says nothing more, and the read is given up.
    expect((await asked).error.data).toMatchObject({ outcome: 'unknown', retry: 'safe' });
    expect(reachedServer(rig)).toHaveLength(2);
  });

  test('of a claimed call is noted and not forwarded: its answer settles the row and reaches its caller', async () => {
    const slow = slowly();
    rig.upstream = slow.upstream;
    const called = rig.ask('support', 'payments', call('pay', {}, 'cancelled-1', 7), inSession());
    await slow.arrived;
    for (const id of [7, '7', 8]) expect((await cancel(id)).status).toBe(202);
    slow.finish();
    expect((await called).result._meta['cdk-mcp-fleet/call']).toMatchObject({ outcome: 'confirmed' });
    expect((await rowOf('cancelled-1'))?.state).toBe('confirmed');
    const ids = rig.reached.map(({ body }) => JSON.parse(body)).filter(({ method }) => method === 'notifications/cancelled');
    const sent = JSON.parse(rig.reached[0]?.body ?? '').id;
    expect(ids.map(({ params }) => params.requestId)).not.toContain(sent);
    expect(ids.map(({ params }) => params.requestId)).not.toContain(7);
  });

  test('of a claimed call whose caller has left: the next identical one is answered by it', async () => {
    const slow = slowly();
    rig.upstream = slow.upstream;
    const leaving = new AbortController();
    const headers = {
      authorization: `Bearer ${await rig.token('support')}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...inSession(),
    };
    const body = JSON.stringify(call('pay', { amount: 5 }, undefined, 7));
    const left = fetch(`${rig.url}/payments/mcp`, { method: 'POST', headers, body, signal: leaving.signal }).then((response) =>
      response.text(),
    );
    await slow.arrived;
    await cancel(7);
    leaving.abort();
    await left.catch(() => undefined);
    const again = rig.ask('support', 'payments', call('pay', { amount: 5 }, undefined, 8), inSession());
    slow.finish();
    expect((await again).result).toMatchObject({ content: [{ text: 'done' }] });
    expect(reachedServer(rig).filter((line) => line === 'tools/call pay')).toHaveLength(1);
  });

  test('of a call that its operator declares cancellable reaches the server, whose answer still counts', async () => {
    const slow = slowly();
    rig.upstream = slow.upstream;
    const called = rig.ask('support', 'payments', call('render', {}, 'render-1', 7), inSession());
    await slow.arrived;
    await cancel(7);
    const [sent, cancelled] = rig.reached.map(({ body }) => JSON.parse(body));
    expect(cancelled).toMatchObject({ method: 'notifications/cancelled', params: { requestId: sent.id } });
    slow.finish();
    expect((await called).result._meta['cdk-mcp-fleet/call']).toMatchObject({ outcome: 'confirmed' });
    expect((await rowOf('render-1'))?.state).toBe('confirmed');
  });

  test('of such a call that the server never answers: unknown, never not executed', async () => {
    const slow = slowly();
    rig.upstream = slow.upstream;
    const called = rig.ask('support', 'payments', call('render', {}, 'render-2', 7), inSession());
    await slow.arrived;
    await cancel(7);
    rig.gateway.openRequests.find(session, '7')?.cancelled.end(); // as the time that it has would
    const { error } = await called;
    expect(error.data).toMatchObject({ error: 'OUTCOME_UNKNOWN', outcome: 'unknown', retry: 'same_key' });
    expect((await rowOf('render-2'))?.state).toBe('unknown');
    await slow.closed;
    slow.finish();
  });

  test('of another session, or of nothing, cancels nothing', async () => {
    const slow = slowly();
    rig.upstream = slow.upstream;
    const called = rig.ask('support', 'payments', call('balance', {}, undefined, 7), inSession());
    await slow.arrived;
    const other = await openSession(rig, 'support', 'payments', INITIALIZE);
    const body = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } };
    await rig.post('support', 'payments', body, { 'mcp-session-id': other });
    await rig.post('support', 'payments', body);
    await rig.post('support', 'payments', { ...body, params: {} }, inSession());
    const sent = JSON.parse(rig.reached[0]?.body ?? '').id;
    const named = rig.reached.map(({ body: text }) => JSON.parse(text).params?.requestId).filter((id) => id !== undefined);
    expect(named).not.toContain(sent);
    slow.finish();
    expect((await called).result.content).toEqual([{ type: 'text', text: 'done' }]);
  });
});

test('a call without a key that waits for an identical one is told so in words that fit', async () => {
  const slow = slowly();
  rig.upstream = slow.upstream;
  const leaving = new AbortController();
  const headers = {
    authorization: `Bearer ${await rig.token('support')}`,
    'content-type': 'application/json',
    accept: '*/*',
    ...inSession(),
  };
  const body = JSON.stringify(call('pay', { amount: 6 }, undefined, 7));
  const left = fetch(`${rig.url}/payments/mcp`, { method: 'POST', headers, body, signal: leaving.signal }).then((response) =>
    response.text(),
  );
  await slow.arrived;
  leaving.abort();
  await left.catch(() => undefined);
  const running = (await rig.rows()).find(({ state }) => state === 'sent');
  rig.kept.set(running?.callId ?? '', 'running');
  const { error } = await hasten(rig.ask('support', 'payments', call('pay', { amount: 6 }, undefined, 8), inSession()));
  slow.finish();
  expect(error.data).toMatchObject({ error: 'IN_PROGRESS', outcome: 'unknown' });
  expect(error.message).not.toContain('with this key');
});
