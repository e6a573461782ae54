import { afterEach, expect, jest, test } from '@jest/globals';
import { tellOfWait, WAIT_PROGRESS_MS } from '../../../gateway/capacity/wait-progress';

type Waiter = Parameters<typeof tellOfWait>[0];

jest.useFakeTimers();
afterEach(() => jest.clearAllTimers());

/** A waiter, and the progress that it is told. */
function waiterWith(meta: object, lane = 'call'): { waiter: Waiter; told: { progressToken: unknown; progress: number }[] } {
  const told: { progressToken: unknown; progress: number }[] = [];
  const sendEvent = async ({ data }: { data: string }): Promise<void> => void told.push(JSON.parse(data).params);
  const message = { kind: 'request', method: 'tools/call', meta };
  return { waiter: { exchange: { reply: { sendEvent } }, message, lane, server: 'payments' } as unknown as Waiter, told };
}

test('who gave a token hears that it waits, by numbers that rise and stay below those of the server', () => {
  const { waiter, told } = waiterWith({ progressToken: 'mine' });
  const end = tellOfWait(waiter);
  jest.advanceTimersByTime(3 * WAIT_PROGRESS_MS);
  end();
  jest.advanceTimersByTime(3 * WAIT_PROGRESS_MS);
  expect(told).toHaveLength(3);
  expect(told.map(({ progress }) => progress)).toEqual(told.map(({ progress }) => progress).toSorted((a, b) => a - b));
  expect(told.every(({ progress, progressToken }) => progress < 0 && progressToken === 'mine')).toBe(true);
});

test.each([
  ['without a token', {}, 'call'],
  ['that opens a session', { progressToken: 1 }, 'open'],
])('a waiter %s is told nothing', (_, meta, lane) => {
  const { waiter, told } = waiterWith(meta, lane);
  tellOfWait(waiter);
  jest.advanceTimersByTime(3 * WAIT_PROGRESS_MS);
  expect(told).toEqual([]);
});
