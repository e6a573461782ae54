import { afterEach, expect, jest, test } from '@jest/globals';
import { tellOfWait, WAIT_PROGRESS_MS } from '../../../gateway/capacity/wait-progress';

type Waiter = Parameters<typeof tellOfWait>[0];
interface Progress {
  readonly progressToken: unknown;
  readonly progress: number;
}

jest.useFakeTimers();
afterEach(() => jest.clearAllTimers());

/** A waiter, and the progress that it is told. */
function waiterWith(meta: object, lane = 'call', read = Promise.resolve()): { waiter: Waiter; told: Progress[] } {
  const told: Progress[] = [];
  const sendEvent = ({ data }: { data: string }): Promise<void> => {
    told.push(JSON.parse(data).params);
    return read;
  };
  const message = { kind: 'request', method: 'tools/call', meta };
  return { waiter: { exchange: { reply: { sendEvent } }, message, lane, server: 'payments' } as unknown as Waiter, told };
}

test('who gave a token hears that it waits, by numbers that rise and stay below those of the server', async () => {
  const { waiter, told } = waiterWith({ progressToken: 'mine' });
  const end = tellOfWait(waiter);
  await jest.advanceTimersByTimeAsync(3 * WAIT_PROGRESS_MS);
  end();
  await jest.advanceTimersByTimeAsync(3 * WAIT_PROGRESS_MS);
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

test('who does not read what it is told is not told more', async () => {
  let reads: () => void = () => undefined;
  const { waiter, told } = waiterWith(
    { progressToken: 'x'.repeat(1_000_000) },
    'call',
    new Promise((resolve) => {
      reads = resolve;
    }),
  );
  const end = tellOfWait(waiter);
  await jest.advanceTimersByTimeAsync(3 * WAIT_PROGRESS_MS);
  expect(told).toHaveLength(1);
  reads();
  await jest.advanceTimersByTimeAsync(2 * WAIT_PROGRESS_MS);
  end();
  expect(told.length).toBeGreaterThan(1);
});
