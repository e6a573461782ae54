import { describe, expect, test } from '@jest/globals';
import { DEFAULT_PROFILE, LENGTHS } from '../../../core/sizing/load-profile';
import { scalingBy } from '../../../core/sizing/scaling-policy';
import { Simulation, simulate } from '../../../core/sizing/simulation';
import { SERVER } from './server';

const COOLDOWNS = { scaleOutCooldownMs: 60_000, scaleInCooldownMs: 300_000 };
const BY_SLOTS = scalingBy({ metric: 'SlotUtilization', target: 70, ...COOLDOWNS });
const BY_CPU = scalingBy({ metric: 'CPUUtilization', target: 70, ...COOLDOWNS });
/** 300 agents with five sessions each. */
const LOAD = { ...DEFAULT_PROFILE, agents: 300, sessionsPerTask: 5, hours: 4 };

describe('1,500 sessions that think, on instances of 100', () => {
  test('scaling on slots grows until all of them are in', () => {
    const { sessions, instances, minutes } = simulate(SERVER, LOAD, BY_SLOTS);
    expect(instances.max).toBeGreaterThanOrEqual(22);
    expect(instances.max).toBeLessThanOrEqual(26);
    expect(sessions.peak).toBe(1_500);
    expect(minutes.slice(60).every(({ refused, waiting }) => refused === 0 && waiting === 0)).toBe(true);
  });

  test('scaling on CPU never grows, and refuses most', () => {
    const { sessions, instances, utilization } = simulate(SERVER, LOAD, BY_CPU);
    expect(instances).toEqual({ min: 2, mean: 2, max: 2 });
    expect(sessions.peak).toBe(200);
    expect(sessions.refused / sessions.sought).toBeGreaterThan(0.8);
    expect(utilization.cpu).toBeLessThan(5);
  });
});

test.each(LENGTHS)("sessions that are open are those that come by how long they stay (Little's law), with %s lengths", (sessionLengths) => {
  const profile = { ...LOAD, agents: 100, sessionLengths, hours: 8, day: [{ hour: 0, share: 1 }] };
  const { sessions, minutes, waits } = simulate({ ...SERVER, min: 10 }, profile, BY_SLOTS);
  expect(sessions.refused).toBe(0);
  expect(waits.max).toBe(0);
  const mean = minutes.reduce((sum, minute) => sum + minute.sessions, 0) / minutes.length;
  const expected = (sessions.opened / (profile.hours * 60)) * profile.sessionMinutes;
  // Those that are open when it ends have not stayed as long as they would.
  expect(mean / expected).toBeGreaterThan(0.93);
  expect(mean / expected).toBeLessThan(1.07);
});

test('every session is opened or refused, but for those that wait or are on their way as it ends', () => {
  const { sessions, minutes } = simulate(SERVER, LOAD, BY_CPU);
  const left = sessions.sought - sessions.opened - sessions.refused;
  expect(left).toBeGreaterThanOrEqual(minutes.at(-1)?.waiting ?? 0);
  expect(left).toBeLessThanOrEqual((minutes.at(-1)?.waiting ?? 0) + 10);
});

test('CPU scaling grows where CPU is what there is too little of', () => {
  const profile = { ...LOAD, agents: 20, thinkSeconds: 1, cpuMs: 250, hours: 1 };
  expect(simulate(SERVER, profile, BY_CPU).instances.max).toBeGreaterThan(10);
  expect(simulate(SERVER, profile, BY_SLOTS).instances.max).toBe(2);
});

test('an instance that holds a session is not taken away, and the others are when the day is over', () => {
  const day = [
    { hour: 0, share: 1 },
    { hour: 1, share: 1 },
    { hour: 1.1, share: 0 },
  ];
  const { minutes, instances } = simulate(SERVER, { ...LOAD, sessionMinutes: 5, day }, BY_SLOTS);
  expect(instances.max).toBeGreaterThan(15);
  for (const { sessions, instances: count } of minutes) expect(sessions).toBeLessThanOrEqual(count * SERVER.slots);
  expect(minutes.at(-1)).toEqual({ sessions: 0, waiting: 0, instances: 2, refused: 0 });
});

test('those who wait call for instances at once, where steps are declared', () => {
  const steps = [1, 2, 4, 8, 16].map((add) => ({ from: add === 1 ? 0 : (add / 2) * SERVER.slots, add }));
  const profile = { ...LOAD, day: [{ hour: 0, share: 1 }], hours: 1 };
  const withSteps = scalingBy({ metric: 'SlotUtilization', target: 70, ...COOLDOWNS }, { steps, cooldownMs: 60_000 });
  const [tracked, stepped] = [BY_SLOTS, withSteps].map((policy) => simulate(SERVER, profile, policy).sessions.refused) as [number, number];
  expect(stepped).toBeLessThan(0.8 * tracked);
});

test('what is ten times as fast, with a start and a queue that are as much shorter, becomes the same', () => {
  const profile = { ...LOAD, hours: 2 };
  const usual = simulate(SERVER, profile, BY_SLOTS);
  const fast = simulate({ ...SERVER, startSeconds: 6, queue: { length: 1_000, seconds: 4 } }, profile, BY_SLOTS, 10);
  expect(fast.minutes).toHaveLength(120);
  expect(fast.instances.max).toBe(usual.instances.max);
  expect(fast.sessions.peak).toBe(usual.sessions.peak);
  expect(fast.waits.max).toBeLessThan(usual.waits.max / 9);
});

test('the same seed gives the same outcome, in slices of any length, and another seed another one', () => {
  const whole = simulate(SERVER, LOAD, BY_SLOTS);
  const sliced = new Simulation(SERVER, LOAD, BY_SLOTS);
  while (sliced.advance(7));
  expect(sliced.outcome()).toEqual(whole);
  expect(simulate(SERVER, { ...LOAD, seed: 2 }, BY_SLOTS).sessions).not.toEqual(whole.sessions);
});

test('where slots are short, agents of weight 2 get twice what others get, of the same load', () => {
  const server = { ...SERVER, min: 2, max: 2, slots: 20, queue: { length: 10_000, seconds: 10_000 } };
  const profile = {
    ...DEFAULT_PROFILE,
    agents: 20,
    sessionsPerTask: 300,
    sessionMinutes: 2,
    hours: 2,
    weights: [{ share: 0.5, weight: 2 }],
  };
  const { weights, sessions } = simulate(server, profile, BY_SLOTS);
  const [heavy, light] = weights ?? [];
  expect([heavy?.weight, light?.weight]).toEqual([2, 1]);
  expect((heavy?.opened ?? 0) + (light?.opened ?? 0)).toBe(sessions.opened);
  expect((heavy?.opened ?? 0) / (light?.opened ?? 1)).toBeGreaterThan(1.8);
  expect((heavy?.opened ?? 0) / (light?.opened ?? 1)).toBeLessThan(2.2);
  expect(simulate(server, { ...profile, weights: [] }, BY_SLOTS)).not.toHaveProperty('weights');
});

describe('a server that may have no instance', () => {
  const steps = [1, 2, 4, 8, 16].map((add) => ({ from: add === 1 ? 0 : (add / 2) * SERVER.slots, add }));
  const policy = scalingBy({ metric: 'SlotUtilization', target: 70, ...COOLDOWNS }, { steps, cooldownMs: 60_000 });
  /** Two agents work in the second hour, and nobody in the others. */
  const day = [
    { hour: 0, share: 0 },
    { hour: 1, share: 0 },
    { hour: 1.01, share: 1 },
    { hour: 1.99, share: 1 },
    { hour: 2, share: 0 },
  ];
  const load = { ...DEFAULT_PROFILE, agents: 2, sessionsPerTask: 1, sessionMinutes: 5, hours: 5, day };
  const run = (more: object) => simulate({ ...SERVER, min: 0, queue: { length: 1_000, seconds: 55 }, ...more }, load, policy);

  test('has none until somebody comes, who waits for its start, and none again a while after the last has gone', () => {
    const { minutes, instances, sessions, waits } = run({ startSeconds: 30, keepIdleSeconds: 900 });
    expect(instances).toMatchObject({ min: 0, max: 1 });
    expect(minutes.slice(0, 59).every((minute) => minute.instances === 0)).toBe(true);
    expect(sessions.opened).toBeGreaterThan(10);
    expect(sessions.refused).toBe(0);
    expect(waits.max).toBeGreaterThan(30_000);
    const last = minutes.findLastIndex((minute) => minute.sessions > 0);
    const gone = minutes.findIndex((minute, at) => at > last && minute.instances === 0);
    expect(gone - last).toBeGreaterThanOrEqual(15);
    expect(gone - last).toBeLessThanOrEqual(19);
    expect(minutes.slice(gone).every((minute) => minute.instances === 0)).toBe(true);
  });

  test('refuses those who come first where a start takes longer than they wait, and takes whoever comes then', () => {
    const { sessions, instances } = run({ startSeconds: 120, keepIdleSeconds: 900 });
    expect(sessions.refused).toBeGreaterThan(0);
    expect(sessions.refused).toBeLessThan(5);
    expect(instances.max).toBe(1);
  });

  test('loses its last instance between two sessions where that does not stay for a while', () => {
    const starts = ({ minutes }: ReturnType<typeof run>) =>
      minutes.filter((minute, at) => minute.instances > 0 && (minutes[at - 1]?.instances ?? 0) === 0).length;
    expect(starts(run({ startSeconds: 30, keepIdleSeconds: 900 }))).toBe(1);
  });
});
