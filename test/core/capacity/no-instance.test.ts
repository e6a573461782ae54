import { expect, test } from '@jest/globals';
import { type Seat, ServerCapacity } from '../../../core/capacity/server-capacity';
import { seeded } from '../../../core/sizing/seeded';
import { SimulatedFleet } from '../../../core/sizing/simulated-fleet';

const ROOM = { inUse: 0, capacity: 2, state: 'open' } as const;

/** A server that may have no instance, and the instances of seats in the order in which they were given. */
function sought(capacity: ServerCapacity): { seek(): void; readonly seats: (string | undefined)[] } {
  const seats: (string | undefined)[] = [];
  const place = ({ instance }: Seat): void => void seats.push(instance?.id);
  return { seats, seek: () => capacity.seek({ agent: 'a', weight: 1, place, turnAway: () => seats.push('none') }) };
}

const capacityOf = (mayBeNone: boolean): ServerCapacity =>
  new ServerCapacity(
    10,
    seeded(1),
    () => 0,
    () => mayBeNone,
  );

test('where there may be no instance nobody is sent anywhere before one is known', () => {
  const capacity = capacityOf(true);
  const { seats, seek } = sought(capacity);
  seek();
  expect([seats, capacity.waiting, capacity.isFull]).toEqual([[], 1, true]);
  capacity.hear('i-1', ROOM, 'cookie');
  expect([seats, capacity.waiting]).toEqual([['i-1'], 0]);
  const other = capacityOf(false);
  const anywhere = sought(other);
  anywhere.seek();
  expect([anywhere.seats, other.isFull]).toEqual([[undefined], false]);
});

test('what was known a while ago may be gone: it is asked anew, but not while others wait', () => {
  const capacity = capacityOf(true);
  const { seats, seek } = sought(capacity);
  capacity.hear('i-1', { ...ROOM, inUse: 2 }, 'cookie');
  seek();
  capacity.lookAnew();
  expect([[...capacity.known].length, capacity.waiting]).toEqual([1, 1]);
  capacity.hear('i-1', ROOM);
  capacity.lookAnew();
  seek();
  expect([seats, capacity.waiting]).toEqual([['i-1'], 1]);
  const usual = capacityOf(false);
  usual.hear('i-1', ROOM, 'cookie');
  usual.lookAnew();
  expect([...usual.known]).toHaveLength(1);
});

test('who comes while there is none is in as soon as one is there, at whichever gateway', () => {
  const fleet = new SimulatedFleet(seeded(2), { instances: 0, slots: 3, gateways: 2, patience: 60_000, mayBeNone: true });
  const waits: number[] = [];
  const closes: (() => void)[] = [];
  const opened = (waited: number, close: () => void): void => void [waits.push(waited), closes.push(close)];
  for (const gateway of [0, 1, 1]) fleet.agenda.at(1_000, () => fleet.open(gateway, { agent: 'a', opened }));
  fleet.agenda.at(31_000, () => fleet.add());
  fleet.agenda.run(32_000);
  expect(waits).toHaveLength(3);
  for (const waited of waits) expect(waited).toBeGreaterThanOrEqual(30_000);
  // It goes again, and the next one to come waits for another.
  for (const close of closes) close();
  fleet.agenda.run(33_000);
  const [instance] = fleet.instances;
  if (instance !== undefined) fleet.remove(instance);
  fleet.agenda.at(34_000, () => fleet.open(0, { agent: 'a', opened }));
  fleet.agenda.run(40_000);
  expect(waits).toHaveLength(3);
  fleet.add();
  fleet.agenda.run(41_000);
  expect(waits).toHaveLength(4);
});
