import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Recovery, type Trouble, Troubles } from '../../bin/troubles';
import type { ServiceHealthy, ServiceTrouble } from '../../local/local-account';

const FAILED: ServiceTrouble = {
  event: 'failed',
  service: 'Shop-Payments',
  server: 'payments',
  role: 'server',
  container: 'server',
  task: 'ab12cd34',
  what: 'exited with code 1',
  exit: { code: 1, signal: null },
  lines: ['no database'],
  retryMs: 200,
};
const HEALTHY: ServiceHealthy = { event: 'healthy', service: 'Shop-Payments', server: 'payments', role: 'server' };

let told: string[];
let troubles: Troubles;

beforeEach(() => {
  jest.useFakeTimers();
  told = [];
  const at = (): string => `${Math.round(performance.now() / 1000)} s`;
  troubles = new Troubles({
    trouble: ({ service, times }: Trouble) => told.push(`${at()} ${service} fails, ${times}`),
    recovered: ({ service, times }: Recovery) => told.push(`${at()} ${service} is well, ${times}`),
  });
});

afterEach(() => {
  troubles.dispose();
  jest.useRealTimers();
});

const pass = (seconds: number) => jest.advanceTimersByTime(seconds * 1000);

describe('of a service that fails', () => {
  test('once, it and its recovery are told once', () => {
    troubles.take(FAILED);
    pass(1);
    troubles.take(HEALTHY);
    troubles.take(HEALTHY);
    pass(60);
    troubles.take(HEALTHY);
    pass(60);
    expect(told).toEqual(['0 s Shop-Payments fails, 1', '4 s Shop-Payments is well, 1']);
  });

  test('again and again, it is told ever more seldom, with how often it was', () => {
    for (let second = 0; second < 300; second++) {
      troubles.take(FAILED);
      pass(1);
    }
    expect(told.map((line) => line.replace('Shop-Payments fails', '…'))).toEqual([
      '0 s …, 1',
      '10 s …, 11',
      '30 s …, 31',
      '70 s …, 71',
      '130 s …, 131',
      '190 s …, 191',
      '250 s …, 251',
    ]);
  });

  test('again and again a while after it was healthy, it is not told to be well each time', () => {
    for (let round = 0; round < 12; round++) {
      troubles.take(FAILED);
      pass(1);
      troubles.take(HEALTHY);
      pass(9);
    }
    pass(60);
    expect(told.map((line) => line.replace('Shop-Payments ', ''))).toEqual([
      '0 s fails, 1',
      '4 s is well, 1',
      // The last word was that it is well.
      '10 s fails, 2',
      '30 s fails, 4',
      '70 s fails, 8',
      '131 s is well, 12',
    ]);
  });

  test('long after the last time, it is a new story', () => {
    troubles.take(FAILED);
    troubles.take(HEALTHY);
    pass(100);
    troubles.take(FAILED);
    expect(told.at(-1)).toBe('100 s Shop-Payments fails, 1');
  });

  test('another one is told of beside it', () => {
    troubles.take(FAILED);
    troubles.take({ ...FAILED, service: 'Shop-Notes' });
    expect(told).toEqual(['0 s Shop-Payments fails, 1', '0 s Shop-Notes fails, 1']);
  });

  test('nothing is told once it is over', () => {
    troubles.take(FAILED);
    troubles.take(HEALTHY);
    troubles.dispose();
    troubles.take({ ...FAILED, service: 'Shop-Notes' });
    pass(60);
    expect(told).toHaveLength(1);
  });
});

test('health that nobody had doubted is not told, nor that of a task which has lost what it can do without', () => {
  troubles.take(HEALTHY);
  troubles.take({ ...FAILED, event: 'lost' });
  troubles.take(HEALTHY);
  pass(60);
  expect(told).toEqual(['0 s Shop-Payments fails, 1']);
});
