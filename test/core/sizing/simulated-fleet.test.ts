import { expect, test } from '@jest/globals';
import { exponential, seeded } from '../../../core/sizing/seeded';
import { ROUND_TRIP, SimulatedFleet } from '../../../core/sizing/simulated-fleet';

/** Share of arrivals that wait, and their mean wait in services, where arrivals and services are memoryless (Erlang 1917). */
function erlangC(servers: number, load: number): { readonly waiting: number; readonly wait: number } {
  let [term, sum] = [1, 1];
  for (let n = 1; n < servers; n++) [term, sum] = [(term * load) / n, sum + (term * load) / n];
  const last = ((term * load) / servers) * (servers / (servers - load));
  const waiting = last / (sum + last);
  return { waiting, wait: waiting / (servers - load) };
}

test('Erlang C, where it is in tables', () => {
  expect(erlangC(1, 0.5).waiting).toBeCloseTo(0.5, 12);
  expect(erlangC(10, 8).waiting).toBeCloseTo(0.4092, 4);
});

test.each([
  { instances: 1, slots: 10, load: 8, gateways: 1 },
  { instances: 5, slots: 4, load: 16, gateways: 1 },
  { instances: 5, slots: 4, load: 16, gateways: 3 },
])('$instances instances of $slots slots under $load sessions make wait as Erlang C says, with $gateways gateways', (shape) => {
  const random = seeded(4);
  const fleet = new SimulatedFleet(random, shape);
  const mean = 20_000;
  const arrivals = 40_000;
  let [waits, waited] = [0, 0];
  const come = (i: number): void => {
    fleet.open(Math.floor(random() * shape.gateways), {
      agent: `agent-${i}`,
      opened: (wait, close) => {
        if (wait > ROUND_TRIP) waits++;
        waited += wait - ROUND_TRIP;
        fleet.agenda.in(exponential(random, mean), close);
      },
    });
    if (i < arrivals) fleet.agenda.in(exponential(random, mean / shape.load), () => come(i + 1));
  };
  fleet.agenda.in(10_000, () => come(1));
  fleet.agenda.run((1.1 * arrivals * mean) / shape.load);
  expect(fleet.opened).toBe(arrivals);
  const expected = erlangC(shape.instances * shape.slots, shape.load);
  expect(waits / arrivals / expected.waiting).toBeGreaterThan(0.9);
  expect(waits / arrivals / expected.waiting).toBeLessThan(1.1);
  expect(waited / arrivals / mean / expected.wait).toBeGreaterThan(0.85);
  expect(waited / arrivals / mean / expected.wait).toBeLessThan(1.15);
});

test.each([1, 2, 3])('nobody is refused while a slot is free (seed %i)', (seed) => {
  const random = seeded(seed);
  const fleet = new SimulatedFleet(random, { instances: 4, slots: 5, gateways: 2, queue: 8, patience: 3_000 });
  let [from, refused] = [2_000, 0];
  let freeSince: number | undefined;
  fleet.agenda.every(1, () => {
    if (!fleet.instances.some(({ inUse, capacity }) => inUse < capacity)) freeSince = undefined;
    else freeSince ??= fleet.agenda.now;
  });
  for (let i = 0; i < 2_000; i++) {
    from += exponential(random, 100);
    fleet.agenda.at(from, () => {
      fleet.open(i % 2, {
        agent: `agent-${i % 9}`,
        opened: (_, close) => fleet.agenda.in(exponential(random, 2_500), close),
        refused: () => {
          refused++;
          // A slot that has become free just now is on its way to whoever waits.
          expect(fleet.agenda.now - (freeSince ?? fleet.agenda.now)).toBeLessThan(250);
        },
      });
    });
  }
  fleet.agenda.run(from + 60_000);
  expect(refused).toBeGreaterThan(50);
  expect(fleet.opened + refused).toBe(2_000);
});
