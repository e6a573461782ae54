import { describe, expect, test } from '@jest/globals';
import { Agenda } from '../../../core/sizing/agenda';
import { cpuOfSession, DEFAULT_PROFILE, LENGTHS, peakSessions, shareAt, weightOfAgent } from '../../../core/sizing/load-profile';
import { Workforce } from '../../../core/sizing/workforce';

const DAY = [
  { hour: 1, share: 0 },
  { hour: 3, share: 1 },
  { hour: 4, share: 0.5 },
];

test.each([
  [0, 0],
  [1, 0],
  [1.5, 0.25],
  [3, 1],
  [3.5, 0.75],
  [4, 0.5],
  [20, 0.5],
])('at hour %d a share of %d is at work', (hour, share) => expect(shareAt({ day: DAY }, hour)).toBeCloseTo(share, 9));

test('most sessions that are wanted at once', () => {
  expect(peakSessions({ ...DEFAULT_PROFILE, agents: 300, sessionsPerTask: 5 })).toBe(1_500);
  expect(peakSessions({ ...DEFAULT_PROFILE, agents: 300, sessionsPerTask: 5, day: [{ hour: 0, share: 0.5 }] })).toBe(750);
});

test('a session that calls every two seconds for half a second of CPU takes a fifth of a vCPU', () => {
  expect(cpuOfSession({ ...DEFAULT_PROFILE, cpuMs: 500, thinkSeconds: 2 })).toBe(0.2);
});

describe('agents', () => {
  /** Sessions, each of which is over as soon as its time is. */
  const wanted = (profile: typeof DEFAULT_PROFILE) => {
    const agenda = new Agenda();
    const lengths: number[] = [];
    let [open, most] = [0, 0];
    new Workforce(profile, agenda, ({ length, over }) => {
      lengths.push(length);
      most = Math.max(most, ++open);
      agenda.in(length, () => {
        open--;
        over();
      });
    }).start();
    agenda.run(profile.hours * 3_600_000);
    return { lengths, most, open };
  };

  test.each(LENGTHS)('%s lengths have the mean that was asked for', (sessionLengths) => {
    const { lengths } = wanted({ ...DEFAULT_PROFILE, agents: 400, sessionMinutes: 1, sessionLengths });
    const mean = lengths.reduce((sum, length) => sum + length) / lengths.length / 60_000;
    expect(lengths.length).toBeGreaterThan(150_000);
    expect(mean).toBeGreaterThan(0.98);
    expect(mean).toBeLessThan(1.02);
  });

  test('never want more at once than the day says', () => {
    const profile = { ...DEFAULT_PROFILE, agents: 40, sessionsPerTask: 3, sessionMinutes: 2, hours: 6, day: DAY };
    const { most, open } = wanted(profile);
    expect(most).toBe(120);
    expect(open).toBe(60);
  });
});

test.each([10, 100, 1_000])('weights have their shares among the first %i agents, too', (count) => {
  const weights = [
    { share: 0.1, weight: 5 },
    { share: 0.3, weight: 2 },
  ];
  const drawn = Array.from({ length: count }, (_, i) => weightOfAgent({ weights }, i));
  for (const [weight, share] of [
    [5, 0.1],
    [2, 0.3],
    [1, 0.6],
  ] as const)
    expect(Math.abs(drawn.filter((own) => own === weight).length - share * count)).toBeLessThanOrEqual(Math.max(1, 0.02 * count));
});
