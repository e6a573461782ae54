import { expect, test } from '@jest/globals';
import { resultOf } from './load-result';
import { LOADS, type Load } from './loads';
import type { Turn } from './rounds';
import type { StagedTarget } from './stage';

const load = LOADS[0] as Load;

function target(name: string, pid: number): StagedTarget {
  const own = [{ name, pid, port: 0, log: '', stop: async () => undefined }];
  const variant = { name, target: 'nginx', node: '', dist: '' } as const;
  return { variant, port: 0, own, headers: async () => ({}), stop: async () => undefined };
}

function turn(calls: number, pid: number, others: number): Turn {
  const usage = { [pid]: { cpu: 0.5, kib: 2_048 } };
  return { calls, allCalls: calls, seconds: 1, p50: 1, p99: 2, wrong: 0, others, usage, tables: { requests: 0, writes: 0, bytes: 0 } };
}

function played(others: readonly number[]) {
  const [nginx, ours] = [target('nginx', 1), target('ours', 2)];
  const nginxTurns = others.map((share, round) => turn(1_000 * (round + 1), 1, share));
  const ourTurns = others.map((share, round) => turn(500 * (round + 1), 2, share));
  return resultOf({
    load,
    calibrations: others.map(() => 50),
    turns: new Map([
      [nginx, nginxTurns],
      [ours, ourTurns],
    ]),
  });
}

test('ratios are formed inside a round', () => {
  const [, ours] = played([0, 0, 0]).rows;
  expect(ours).toMatchObject({
    ratio: { median: 0.5, low: 0.5, high: 0.5 },
    cpuRatio: { median: 2 },
    mib: 2,
    perSecond: { median: 1_000 },
  });
});

test('quiet rounds are evaluated alone where there are three of them', () => {
  expect(played([0, 0.5, 0, 0])).toMatchObject({ evaluated: 3, rounds: 4, others: { high: 0 } });
  expect(played([0, 0.5, 0.5, 0])).toMatchObject({ evaluated: 4, rounds: 4 });
});
