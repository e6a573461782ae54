import { describe, expect, it } from '@jest/globals';
import { recordingOf } from '../../../bin/plan/recording';
import { readReplays } from '../../../bin/plan/replay';
import type { SessionRow } from '../../../bin/session-rows';
import type { LedgerRow } from '../../../ledger/row';

const FROM = Date.UTC(2026, 10, 27, 8);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WINDOW = { from: FROM, until: FROM + 2 * HOUR };
const at = (minute: number): number => FROM + minute * MINUTE;

/** A call from one minute to another. */
const call = (session: string | undefined, from: number, until: number, more: Partial<LedgerRow> = {}): LedgerRow => ({
  pk: `app#a#c:${from}`,
  callId: `c-${from}`,
  server: 'app',
  agent: 'a',
  issuer: 'https://login.example',
  subject: 'agent-a',
  ...(session !== undefined && { session }),
  tool: 'look',
  argumentsDigest: 'd',
  arguments: '{}',
  stateChanging: false,
  state: 'confirmed',
  fence: 'f',
  owner: 'replica',
  instance: 'task-1',
  claimedAt: at(from),
  settledAt: at(until),
  leaseUntil: at(until),
  ...more,
});

const session = (name: string, opened: number, closed?: number): SessionRow => ({
  session: name,
  agent: 'b',
  issuer: 'https://login.example',
  subject: 'agent-b',
  server: 'app',
  revision: '2025-11-25',
  generation: 0,
  openedAt: at(opened),
  ...(closed !== undefined && { closedAt: at(closed) }),
  expiresAt: (FROM + 24 * HOUR) / 1_000,
});

describe('a recording', () => {
  it('has a session from when it was opened until it was ended, with calls or without', () => {
    const { sessions } = recordingOf([], [session('s', 10, 40)], WINDOW);
    expect(sessions).toEqual([{ agent: 'b', at: 10 * MINUTE, length: 30 * MINUTE }]);
  });

  it('has one that nobody ended until an hour after its last call, or the end', () => {
    const { sessions } = recordingOf([call('s', 20, 30)], [session('s', 10), session('t', 100)], WINDOW);
    expect(sessions.map(({ length }) => length)).toEqual([80 * MINUTE, 20 * MINUTE]);
  });

  it('has none that was refused as one too many', () => {
    const { sessions, agents } = recordingOf([], [{ ...session('s', 10, 10), refused: true }], WINDOW);
    expect({ sessions, agents }).toEqual({ sessions: [], agents: 0 });
  });

  it('cuts what reaches over the window, and leaves out what was over before it', () => {
    const { sessions } = recordingOf([], [session('s', -30, 15), session('t', -90, -1), session('u', 110, 130)], WINDOW);
    expect(sessions).toEqual([
      { agent: 'b', at: 0, length: 15 * MINUTE },
      { agent: 'b', at: 110 * MINUTE, length: 10 * MINUTE },
    ]);
  });

  it('knows of a session that the directory has forgotten its calls only, and says so', () => {
    const recording = recordingOf([call('gone', 50, 51), call('gone', 10, 12)], [], WINDOW);
    expect(recording).toMatchObject({ forgotten: 1, sessions: [{ agent: 'a', at: 10 * MINUTE, length: 41 * MINUTE }] });
  });

  it('takes a call without a session for what holds a slot while it runs, and none that came to no instance', () => {
    const { instance: _, ...refused } = call(undefined, 5, 6, { state: 'not_executed' });
    const recording = recordingOf([call(undefined, 3, 4), refused], [], WINDOW);
    expect(recording).toMatchObject({ sessionless: 1, calls: 1, agents: 1, sessions: [{ length: MINUTE }] });
  });

  it('measures the time from a call to the next one of its session', () => {
    const calls = [call('s', 0, 1), call('t', 2, 3), call('s', 3, 4), call('s', 8, 8)];
    expect(recordingOf(calls, [], WINDOW).thinkSeconds).toBe((2 + 4) * 30);
    expect(recordingOf(calls.slice(0, 2), [], WINDOW)).not.toHaveProperty('thinkSeconds');
  });
});

const GRANT = {
  agent: 'b',
  entry: 'app#allow#cdk',
  server: 'app',
  effect: 'allow',
  tools: ['*'],
  source: 'cdk',
  issuer: 'https://issuer',
  subject: 's',
  terms: { weight: 3 },
} as const;

it('is a load for each server that anything came to; what no row tells is given, or the default', async () => {
  const tables = {
    ledger: async () => [call('s', 0, 1), call('s', 2, 3)],
    directory: async () => [session('s', 0, 30), session('t', 20, 40)],
    allowlist: async () => [GRANT],
  };
  const replays = await readReplays(tables, ['app', 'idle'], WINDOW, { cpuMs: 40, seed: 7 });
  expect([...replays.keys()]).toEqual(['app']);
  const { load, replayed } = replays.get('app') ?? {};
  expect(load).toMatchObject({ hours: 2, cpuMs: 40, thinkSeconds: 60, seed: 7 });
  expect(load?.recorded.map(({ agent, weight }) => [agent, weight])).toEqual([
    ['b', 3],
    ['b', 3],
  ]);
  expect(replayed).toEqual({
    from: '2026-11-27T08:00:00.000Z',
    sessions: 2,
    sessionless: 0,
    calls: 2,
    agents: 1,
    forgotten: 0,
    peak: 2,
    hours: 2,
    cpuMs: 40,
    thinkSeconds: 60,
  });
});
