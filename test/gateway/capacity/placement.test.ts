import { afterEach, describe, expect, test } from '@jest/globals';
import { headersOf, type SmallFleet, startSmallFleet } from './instances';

let fleet: SmallFleet;

afterEach(() => fleet.stop());

/** Opens sessions at both gateways in turn, all at once. */
const openMany = (count: number): Promise<Response[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => fleet.open(fleet.gateways[i % 2] as string)));

const idsOf = (responses: readonly Response[]): (string | null)[] => responses.map(({ headers }) => headers.get('mcp-session-id'));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((next) => setTimeout(next, 5));
}

const waiting = (): number => fleet.rig.gateway.seats.of('app').waiting;

describe('placement', () => {
  test('every slot of twelve instances is filled before anybody waits, and then the next one that becomes free', async () => {
    fleet = await startSmallFleet({ instances: 12, slots: 5 });
    const ids = idsOf(await openMany(60));
    expect(ids).not.toContain(null);
    expect(fleet.inUse()).toEqual(Array(12).fill(5));
    const late = fleet.open(fleet.gateways[0]);
    await until(() => waiting() === 1);
    await fleet.close(fleet.gateways[1], ids[17] as string);
    expect((await late).headers.get('mcp-session-id')).toEqual(expect.any(String));
    expect(fleet.inUse()).toEqual(Array(12).fill(5));
  });

  test('the only free slot among twelve instances is found each time', async () => {
    fleet = await startSmallFleet({ instances: 12, slots: 3 });
    const ids = idsOf(await openMany(36));
    for (let round = 0; round < 10; round++) {
      const at = (round * 7) % 36;
      await fleet.close(fleet.gateways[0], ids[at] as string);
      const response = await fleet.open(fleet.gateways[1]);
      ids[at] = response.headers.get('mcp-session-id');
      expect(response.status).toBe(200);
      expect(ids[at]).toEqual(expect.any(String));
    }
  });

  test('an instance that stops is given nothing new, and one that is gone is forgotten', async () => {
    fleet = await startSmallFleet({ instances: 3, slots: 10 });
    await openMany(6);
    await fleet.balancer.group.deregister('task-0', 0);
    await fleet.sidecars[0]?.drain();
    const before = fleet.inUse();
    await openMany(6);
    expect(fleet.inUse()[0]).toBeLessThanOrEqual(before[0] as number);
    await fleet.balancer.group.deregister('task-1', 0);
    expect(idsOf(await openMany(4))).not.toContain(null);
    expect(fleet.inUse()[2]).toBeGreaterThanOrEqual(before[2] as number);
  });
});

describe('the queue', () => {
  test('ends a wait after its time, typed and with when to come again', async () => {
    fleet = await startSmallFleet({ instances: 1, slots: 1 }, { queue: { length: 10, seconds: 0.5 } });
    await fleet.open(fleet.gateways[0]);
    const refused = await fleet.open(fleet.gateways[0]);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({
      id: 0,
      error: {
        code: 503,
        data: {
          error: 'AT_CAPACITY',
          outcome: 'not_executed',
          retry: 'safe',
          retryAfterMs: 5_000,
          reason: expect.stringMatching(/1 slots of the 1 instances/),
        },
      },
    });
  });

  test('is bounded, and an agent with few waiters keeps its place before one with many', async () => {
    fleet = await startSmallFleet({ instances: 1, slots: 1 }, { queue: { length: 4, seconds: 30 } });
    const first = await fleet.open(fleet.gateways[0], 'c');
    const leaving = new AbortController();
    const order: string[] = [];
    const join = (subject: string): Promise<Response> => {
      const opened = fleet.open(fleet.gateways[0], subject, { signal: leaving.signal });
      opened.then(({ headers }) => order.push(headers.has('retry-after') ? `not ${subject}` : subject)).catch(() => undefined);
      return opened;
    };
    for (let i = 1; i <= 4; i++) {
      void join('a').catch(() => undefined);
      await until(() => waiting() === i);
    }
    const few = join('b');
    await until(() => order.length === 1);
    await fleet.close(fleet.gateways[0], first.headers.get('mcp-session-id') as string, 'c');
    await until(() => order.length === 2);
    leaving.abort();
    await few.catch(() => undefined);
    // The first of a was there first; whose place b has was the last one's.
    expect(order).toEqual(['not a', 'a']);
    expect(waiting()).toBeLessThanOrEqual(3);
  });

  test('forgets who leaves', async () => {
    fleet = await startSmallFleet({ instances: 1, slots: 1 });
    const first = await fleet.open(fleet.gateways[0]);
    const leaver = new AbortController();
    const left = fleet.open(fleet.gateways[0], 'a', { signal: leaver.signal }).catch(() => 'left');
    await until(() => waiting() === 1);
    const stays = fleet.open(fleet.gateways[0], 'b');
    await until(() => waiting() === 2);
    leaver.abort();
    expect(await left).toBe('left');
    await until(() => waiting() === 1);
    await fleet.close(fleet.gateways[0], first.headers.get('mcp-session-id') as string);
    expect((await stays).headers.get('mcp-session-id')).toEqual(expect.any(String));
    expect(fleet.inUse()).toEqual([1]);
  });

  test('a repetition of a running call waits for that call, and not for a slot', async () => {
    fleet = await startSmallFleet({ instances: 1, slots: 1 });
    const pay = (key: string): Promise<Response> => callTool('pay', { 'cdk-mcp-fleet/idempotencyKey': key });
    const first = pay('k-1');
    await until(() => fleet.running() === 1);
    const other = pay('k-2');
    await until(() => waiting() === 1);
    const again = pay('k-1');
    fleet.answerOne();
    expect(await (await first).json()).toMatchObject({ result: { _meta: { 'cdk-mcp-fleet/call': { replayed: false } } } });
    expect(await (await again).json()).toMatchObject({ result: { _meta: { 'cdk-mcp-fleet/call': { replayed: true } } } });
    await until(() => fleet.running() === 1);
    fleet.answerOne();
    expect((await other).status).toBe(200);
  });

  test('so does one without a key, where the caller of the first has left', async () => {
    fleet = await startSmallFleet({ instances: 1, slots: 1 });
    const leaver = new AbortController();
    const left = callTool('pay', {}, leaver.signal).catch(() => 'left');
    await until(() => fleet.running() === 1);
    leaver.abort();
    expect(await left).toBe('left');
    const other = callTool('pay', { 'cdk-mcp-fleet/idempotencyKey': 'k-1' });
    await until(() => waiting() === 1);
    const again = callTool('pay', {});
    // Who waits behind the other one for the slot is not answered before that has ended.
    fleet.answerOne();
    expect(await (await again).json()).toMatchObject({ result: { _meta: { 'cdk-mcp-fleet/call': { replayed: true } } } });
    await until(() => fleet.running() === 1);
    fleet.answerOne();
    expect((await other).status).toBe(200);
  });
});

async function callTool(name: string, meta: object, signal?: AbortSignal): Promise<Response> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    ...meta,
  };
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name };
  return fetch(`${fleet.gateways[0]}/app/mcp`, {
    method: 'POST',
    headers: { ...(await headersOf(fleet.rig, 'a')), ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {}, _meta } }),
    ...(signal !== undefined && { signal }),
  });
}
