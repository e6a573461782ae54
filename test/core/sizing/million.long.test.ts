import { expect, test } from '@jest/globals';
import { DEFAULT_PROFILE } from '../../../core/sizing/load-profile';
import { scalingBy } from '../../../core/sizing/scaling-policy';
import { simulate } from '../../../core/sizing/simulation';
import { SERVER } from './server';

test('a million sessions: each is opened or refused, none is lost', () => {
  const server = { ...SERVER, max: 100 };
  const day = [
    { hour: 0, share: 0 },
    { hour: 1, share: 1 },
    { hour: 7.5, share: 1 },
    { hour: 7.6, share: 0 },
  ];
  const profile = { ...DEFAULT_PROFILE, agents: 1_000, sessionsPerTask: 5, sessionMinutes: 2, day };
  const policy = scalingBy({ metric: 'SlotUtilization', target: 70, scaleOutCooldownMs: 60_000, scaleInCooldownMs: 300_000 });
  const { sessions, minutes } = simulate(server, profile, policy);
  expect(sessions.sought).toBeGreaterThan(1_000_000);
  expect(sessions.opened + sessions.refused).toBe(sessions.sought);
  expect(minutes.at(-1)).toMatchObject({ sessions: 0, waiting: 0 });
  expect(minutes.every(({ sessions: open, instances }) => open <= instances * server.slots)).toBe(true);
});
