import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RecoveryExhausted, recoveringFetch } from '../../client';
import { grant, type Rig, startRig } from '../gateway/rig';
import { connectClient } from './clients';
import { full, type JournaledServer, journaledServer } from './journaled-server';
import { type Fate, type LossyProxy, startLossyProxy } from './lossy-proxy';

const CALLS = 100;

let rig: Rig;
let proxy: LossyProxy;
let server: JournaledServer;

beforeAll(async () => {
  rig = await startRig({ payments: {} });
  await grant(rig, 'treasury', 'payments', ['*']);
  proxy = await startLossyProxy(rig.url);
  server = journaledServer();
  rig.upstream = server.upstream;
});
afterAll(async () => {
  proxy.close();
  await rig.stop();
});

test.each([
  ['SDK v1', 7],
  ['SDK v2', 11],
] as const)(
  '%s, with seed %d: no transfer is executed twice, and none is misreported',
  async (kind, seed) => {
    const random = mulberry32(seed);
    proxy.cuts = 0;
    proxy.fate = () => fateOf(random());
    server.journal.length = 0;
    const fetch = recoveringFetch({ clock: { random, sleep: () => new Promise((resolve) => setTimeout(resolve, 20)) } });
    const client = await connectClient(kind, `${proxy.url}/payments/mcp`, await rig.token('treasury'), fetch);
    const results = new Map<number, unknown>();
    const transfer = async (n: number): Promise<void> => {
      server.takesMs = Math.floor(random() * 50);
      if (random() < 0.1) server.instead.set('tools/call', full);
      if (random() < 0.05) server.instead.set('tools/call', (request) => request.socket.destroy());
      if (random() < 0.03) server.sessions.clear();
      results.set(
        n,
        await client.callTool({ name: 'transfer', arguments: { n } }).catch((error) => RecoveryExhausted.from(error) ?? error),
      );
    };
    for (let n = 0; n < CALLS; n += 4) await Promise.all([0, 1, 2, 3].map((i) => transfer(n + i)));
    await client.close();

    const executions = (n: number): number => server.journal.filter((entry) => entry.n === n).length;
    const report = fetch.task.report();
    const outcomes = { confirmed: 0, unknown: 0, notExecuted: 0 };
    for (const [n, result] of results) {
      if (result instanceof RecoveryExhausted) {
        expect(result.outcome).not.toBe('confirmed');
        if (result.outcome === 'not_executed') expect(executions(n)).toBe(0);
        expect(executions(n)).toBeLessThanOrEqual(1);
        outcomes[result.outcome === 'unknown' ? 'unknown' : 'notExecuted']++;
      } else {
        expect(result).toMatchObject({ content: [{ text: `done ${n}` }] });
        expect(executions(n)).toBe(1);
        outcomes.confirmed++;
      }
    }
    expect(results.size).toBe(CALLS);
    expect(report.confirmed).toHaveLength(outcomes.confirmed);
    expect(report.unknown).toHaveLength(outcomes.unknown);
    expect(report.notExecuted).toHaveLength(outcomes.notExecuted);
    // That recovery works at all, and that there was something to recover from.
    expect(proxy.cuts).toBeGreaterThan(30);
    expect(outcomes.confirmed).toBeGreaterThan(80);
  },
  60_000,
);

function fateOf(luck: number): Fate {
  if (luck < 0.1) return 'not_forwarded';
  if (luck < 0.2) return 0;
  return luck < 0.45 ? Math.floor((luck - 0.2) * 4 * 700) : 'passes';
}

/** A seeded generator of numbers in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
