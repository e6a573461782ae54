import { expect, test } from '@jest/globals';
import { KnownInstances } from '../../../core/capacity/known-instances';
import { type Seat, ServerCapacity } from '../../../core/capacity/server-capacity';
import { readSlots, slotsText } from '../../../core/capacity/slots-news';
import { exponential, seeded } from '../../../core/sizing/seeded';
import { SimulatedFleet } from '../../../core/sizing/simulated-fleet';

const MEAN_MS = 60_000;

/** Opens sessions of mixed lifetimes at all gateways, so that on average a share of all slots is in use. */
function load(fleet: SimulatedFleet, random: () => number, { opens, share, slots }: { opens: number; share: number; slots: number }) {
  const waits: number[] = [];
  const lifetime = (): number => exponential(random, (random() < 0.8 ? 0.2 : 4.2) * MEAN_MS);
  let at = fleet.agenda.now;
  for (let i = 0; i < opens; i++) {
    at += exponential(random, MEAN_MS / (share * slots));
    fleet.agenda.at(at, () => {
      const gateway = Math.floor(random() * fleet.gateways.length);
      fleet.open(gateway, {
        agent: `agent-${Math.floor(random() * 50)}`,
        opened: (waited, close) => {
          waits.push(waited);
          fleet.agenda.in(lifetime(), close);
        },
      });
    });
  }
  fleet.agenda.run(at);
  return waits;
}

const FLEETS = [
  { instances: 3, slots: 100, gateways: 2, share: 0.5 },
  { instances: 12, slots: 50, gateways: 2, share: 0.2 },
  { instances: 12, slots: 50, gateways: 4, share: 0.95 },
  { instances: 60, slots: 20, gateways: 6, share: 0.6 },
  { instances: 200, slots: 20, gateways: 20, share: 0.9 },
];

test.each(FLEETS)('sessions spread evenly: $instances instances of $slots slots, $gateways gateways, $share of them in use', (shape) => {
  const random = seeded(shape.instances);
  const fleet = new SimulatedFleet(random, shape);
  const slots = shape.instances * shape.slots;
  load(fleet, random, { opens: Math.max(1_000, 3 * slots), share: shape.share, slots });
  const inUse = fleet.instances.map((instance) => instance.inUse);
  const mean = inUse.reduce((sum, one) => sum + one) / inUse.length;
  const furthest = Math.max(...inUse.map((one) => Math.abs(one - mean)));
  // A few sessions more or less on an instance that holds not many are no crowd.
  expect(furthest).toBeLessThanOrEqual(Math.max(0.15 * mean, 3));
});

test.each([1, 2, 3, 4, 5])('who waits has the slot that becomes free within 250 ms, at whichever gateway (seed %i)', (seed) => {
  const random = seeded(seed);
  const fleet = new SimulatedFleet(random, { instances: 12, slots: 10, gateways: 3 });
  // More than there is room for, so that everything that becomes free is waited for.
  let open = 0;
  const freeSince = new Map<string, number>();
  let longest = 0;
  const watch = (): void => {
    const waited = fleet.gateways.some(({ capacity }) => capacity.waiting > 0);
    for (const { id, inUse, capacity } of fleet.instances) {
      if (inUse === capacity || !waited) freeSince.delete(id);
      else freeSince.set(id, freeSince.get(id) ?? fleet.agenda.now);
      longest = Math.max(longest, fleet.agenda.now - (freeSince.get(id) ?? fleet.agenda.now));
    }
    fleet.agenda.in(10, watch);
  };
  for (let i = 0; i < 600; i++) {
    fleet.agenda.at(i * 20, () => {
      fleet.open(Math.floor(random() * 3), {
        agent: `agent-${i % 7}`,
        opened: (_, close) => {
          open++;
          fleet.agenda.in(1_000 + random() * 10_000, () => {
            open--;
            close();
          });
        },
      });
    });
  }
  fleet.agenda.at(2_000, watch); // the instances are known
  fleet.agenda.run(90_000);
  expect(fleet.opened).toBe(600);
  expect(open).toBe(0);
  expect(longest).toBeLessThanOrEqual(250);
});

test('instances that come later are found while requests wait', () => {
  const random = seeded(9);
  const fleet = new SimulatedFleet(random, { instances: 2, slots: 5, gateways: 2 });
  for (let i = 0; i < 30; i++) fleet.agenda.at(1_000, () => fleet.open(i % 2, { agent: `agent-${i}`, opened: () => undefined }));
  fleet.agenda.run(3_000);
  expect(fleet.opened).toBe(10);
  for (let i = 0; i < 4; i++) fleet.add();
  fleet.agenda.run(8_000);
  expect(fleet.opened).toBe(30);
});

test('what no deployment takes the place of comes first, and what has no other is better than nothing', () => {
  const known = new KnownInstances();
  const choose = (): string | undefined => known.choose(seeded(1), 0)?.id;
  known.hear('old', { inUse: 0, capacity: 2, state: 'outdated' }, 0, 'cookie');
  known.hear('stops', { inUse: 0, capacity: 2, state: 'closed' }, 0, 'cookie');
  expect(choose()).toBe('old');
  known.hear('new', { inUse: 2, capacity: 2, state: 'open' }, 0, 'cookie');
  expect(choose()).toBeUndefined(); // full, and more of its kind will come
  known.hear('new', { inUse: 1, capacity: 2, state: 'open' }, 0);
  expect(choose()).toBe('new');
});

test('a request that runs is counted once: on its way, and then in what its instance says', () => {
  let now = 0;
  const capacity = new ServerCapacity(10, seeded(1), () => now);
  const placed: Seat[] = [];
  const seek = (): void => capacity.seek({ agent: 'a', weight: 1, place: (seat) => placed.push(seat), turnAway: () => undefined });
  capacity.hear('one', { inUse: 0, capacity: 4, state: 'open' }, 'cookie');
  for (let i = 0; i < 2; i++) seek();
  capacity.hear('one', { inUse: 0, capacity: 4, state: 'open' }); // said before they came
  now = 100;
  capacity.hear('one', { inUse: 2, capacity: 4, state: 'open' }); // both run, and are not answered
  for (let i = 0; i < 3; i++) seek();
  expect([placed.length, capacity.waiting]).toEqual([4, 1]);
  for (const seat of placed) seat.settle();
  expect(capacity.waiting).toBe(0);
});

test.each(['', '1', '1/', '/1', '-1/2', '1/2 open', '1/2closed', ' 1/2', '1/2\n', '1e3/2', '99999999/1', '1/2 closed '])(
  'no sidecar says %j of its slots',
  (text) => expect(readSlots(text)).toBeUndefined(),
);

test.each([
  { inUse: 0, capacity: 1, state: 'open' as const },
  { inUse: 37, capacity: 100, state: 'outdated' as const },
  { inUse: 3, capacity: 3, state: 'closed' as const },
])('what is said of slots is read as it was meant', (news) => expect(readSlots(slotsText(news))).toEqual(news));

// Looks of gateways that keep step would share the balancer's round among them: each would meet the same instances for ever.
test.each([2, 3, 4])('gateways whose callers all wait each find the instances that are added one by one: %i of them', (gateways) => {
  for (let seed = 0; seed < 50; seed++) {
    const fleet = new SimulatedFleet(seeded(seed), { instances: 2, slots: 2, gateways });
    const open = (): void => {
      for (let gateway = 0; gateway < gateways; gateway++) {
        fleet.open(gateway, { agent: `agent-${gateway}`, opened: () => undefined });
      }
    };
    for (let i = 0; i < 50; i++) open();
    for (let i = 0; i < 12; i++) {
      fleet.agenda.run(fleet.agenda.now + 10_000);
      const unheard = fleet.gateways.map(({ capacity }) => fleet.instances.filter(({ id }) => !capacity.isKnown(id)).map(({ id }) => id));
      expect({ seed, instances: fleet.instances.length, unheard }).toEqual({
        seed,
        instances: 2 + i,
        unheard: fleet.gateways.map(() => []),
      });
      fleet.add();
    }
  }
});
