import { afterAll, afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Seat } from '../../../core/capacity/server-capacity';
import { type SlotsNews, slotsText } from '../../../core/capacity/slots-news';
import type { FleetError } from '../../../core/errors';
import type { FleetConfig, ServerConfig } from '../../../core/fleet-config';
import { Seats } from '../../../gateway/capacity/seats';
import { Metrics } from '../../../gateway/metrics';

const QUEUE_SECONDS = 5;
const REQUEST = { server: 'app', agentId: 'ann' };
const server = { queue: { length: 10, seconds: QUEUE_SECONDS } } as ServerConfig;
const config: Pick<FleetConfig, 'servers'> = { servers: { app: server } };

let seats: Seats;

beforeEach(() => {
  jest.useFakeTimers();
  const now = () => Date.now();
  seats = new Seats({ config, now, metrics: new Metrics({ fleet: 'fleet', ...config }, now, () => undefined) });
  tell(1);
});
afterEach(() => void jest.clearAllTimers());
afterAll(() => void jest.useRealTimers());

/** What the one instance says: it has one slot. */
function tell(inUse: SlotsNews['inUse']): void {
  seats.hear('app', 'i-1', slotsText({ inUse, capacity: 1, state: 'open' }), 'cookie');
}

/** Waits until it has a seat, or is refused; the seconds that it had to. */
async function outcomeOf(asked: Seat | Promise<Seat>): Promise<{ seat?: Seat; error?: FleetError; seconds: number }> {
  const since = Date.now();
  const seconds = () => (Date.now() - since) / 1_000;
  return await Promise.resolve(asked).then(
    (seat) => ({ seat, seconds: seconds() }),
    (error: FleetError) => ({ error, seconds: seconds() }),
  );
}

test.each([1, 2, 3, 4])('who finds its seat taken %d times waits no longer in all than who never had one', async (times) => {
  let outcome = outcomeOf(seats.find(REQUEST));
  for (let round = 0; round < times; round++) {
    await jest.advanceTimersByTimeAsync(1_000);
    tell(0);
    const { seat } = await outcome;
    expect(seat?.instance?.id).toBe('i-1');
    // Another gateway's request was there first.
    tell(1);
    outcome = outcomeOf(seats.findAgain(REQUEST, seat as Seat));
  }
  await jest.advanceTimersByTimeAsync(60_000);
  const { error, seconds } = await outcome;
  expect(error?.kind).toBe('AT_CAPACITY');
  expect(error?.detail.reason).toContain(`none became free in ${QUEUE_SECONDS} s`);
  expect(times + seconds).toBe(QUEUE_SECONDS);
});

test('who asks anew waits its whole time, whatever another has waited', async () => {
  const first = outcomeOf(seats.find(REQUEST));
  await jest.advanceTimersByTimeAsync(4_000);
  const second = outcomeOf(seats.find(REQUEST));
  await jest.advanceTimersByTimeAsync(60_000);
  expect([(await first).seconds, (await second).seconds]).toEqual([QUEUE_SECONDS, QUEUE_SECONDS]);
});

test('a server that may have no instance is asleep while none is known, or none has said anything for a while', async () => {
  const servers = { app: { ...server, scalesToZero: true } };
  const now = () => Date.now();
  seats = new Seats({ config: { servers }, now, metrics: new Metrics({ fleet: 'fleet', servers }, now, () => undefined) });
  const heard: boolean[] = [seats.mayBeAsleep('app')];
  tell(0);
  heard.push(seats.mayBeAsleep('app'));
  await jest.advanceTimersByTimeAsync(50_000);
  // A call in a session is enough.
  tell(1);
  await jest.advanceTimersByTimeAsync(50_000);
  heard.push(seats.mayBeAsleep('app'));
  await jest.advanceTimersByTimeAsync(10_000);
  heard.push(seats.mayBeAsleep('app'));
  expect(heard).toEqual([true, false, false, true]);
  const { error } = await Promise.all([outcomeOf(seats.find(REQUEST)), jest.advanceTimersByTimeAsync(5_000)]).then(([outcome]) => outcome);
  expect(error?.detail.reason).toBe('no instance of "app" is up yet; one is started for those who wait, and none became free in 5 s');
});

test('who waits for the first instance is all that scaling hears of a server, until there is one', async () => {
  const servers = { app: { ...server, scalesToZero: true }, usual: server };
  const now = () => Date.now();
  const lines: { Server: string; SlotUtilization?: number }[] = [];
  const metrics = new Metrics({ fleet: 'fleet', servers }, now, (line) => void lines.push(JSON.parse(line)));
  seats = new Seats({ config: { servers }, now, metrics });
  metrics.measure('SlotUtilization', (name) => seats.takeUtilization(name));
  const told = () => {
    lines.length = 0;
    metrics.flush();
    return lines.map(({ SlotUtilization }) => SlotUtilization);
  };
  expect(told()).toEqual([undefined, undefined]);
  const outcome = outcomeOf(seats.find(REQUEST));
  expect(told()).toEqual([1, undefined]);
  await jest.advanceTimersByTimeAsync(QUEUE_SECONDS * 1_000);
  expect((await outcome).error?.kind).toBe('AT_CAPACITY');
  // It called for an instance, too.
  expect([told(), told()]).toEqual([
    [1, undefined],
    [undefined, undefined],
  ]);
  tell(1);
  const waits = outcomeOf(seats.find(REQUEST));
  expect(told()).toEqual([undefined, undefined]);
  tell(0);
  expect((await waits).seat?.instance?.id).toBe('i-1');
});
