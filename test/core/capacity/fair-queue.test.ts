import { expect, test } from '@jest/globals';
import { FairQueue } from '../../../core/capacity/fair-queue';
import { seeded } from '../../../core/sizing/seeded';

interface Waiter {
  readonly agent: string;
  readonly weight: number;
  readonly number: number;
}

let numbers = 0;
const waiter = (agent: string, weight = 1): Waiter => ({ agent, weight, number: numbers++ });

/** Takes everybody out. */
function turnsOf(queue: FairQueue<Waiter>): Waiter[] {
  const turns: Waiter[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) turns.push(next);
  return turns;
}

test('agents have turns one after the other, and each of their waiters in order', () => {
  const queue = new FairQueue<Waiter>(100);
  for (const agent of ['a', 'a', 'a', 'b', 'c', 'b']) queue.push(waiter(agent));
  const turns = turnsOf(queue);
  expect(turns.map(({ agent }) => agent).join('')).toBe('abcaba');
  for (const agent of ['a', 'b']) {
    const own = turns.filter((turn) => turn.agent === agent).map(({ number }) => number);
    expect(own).toEqual(own.toSorted((x, y) => x - y));
  }
});

test('an agent of twice the weight has twice the turns', () => {
  const queue = new FairQueue<Waiter>(1_000);
  for (let i = 0; i < 300; i++)
    for (const [agent, weight] of [
      ['heavy', 2],
      ['light', 1],
    ] as const)
      queue.push(waiter(agent, weight));
  const first = Array.from({ length: 300 }, () => queue.shift()?.agent);
  expect(first.filter((agent) => agent === 'heavy')).toHaveLength(200);
});

test('an agent that leaves and comes back has neither saved turns up nor jumped the queue', () => {
  const queue = new FairQueue<Waiter>(1_000);
  for (let i = 0; i < 100; i++) queue.push(waiter('steady'));
  const turns: (string | undefined)[] = [];
  for (let i = 0; i < 50; i++) {
    queue.push(waiter('comes and goes'));
    turns.push(queue.shift()?.agent, queue.shift()?.agent);
  }
  expect(turns.filter((agent) => agent === 'steady')).toHaveLength(50);
});

test('who had a turn in vain is the next of its agent, and the agent pays for one turn', () => {
  const queue = new FairQueue<Waiter>(10);
  for (const agent of ['a', 'a', 'b', 'b']) queue.push(waiter(agent));
  const first = queue.shift() as Waiter;
  queue.putBack(first);
  expect(queue.shift()).toBe(first);
  expect(
    turnsOf(queue)
      .map(({ agent }) => agent)
      .join(''),
  ).toBe('bab');
});

test('in a full queue a newcomer takes the last place of the agent that has the most', () => {
  const queue = new FairQueue<Waiter>(4);
  const many = [waiter('many'), waiter('many'), waiter('many'), waiter('many')];
  for (const one of many) expect(queue.push(one)).toBeUndefined();
  const few = waiter('few');
  expect(queue.push(few)).toBe(many[3]);
  const more = waiter('many');
  expect(queue.push(more)).toBe(more);
  expect(queue.size).toBe(4);
  expect(turnsOf(queue)).toContain(few);
});

test('a full queue has as many places for an agent of three times the weight as for three others', () => {
  const queue = new FairQueue<Waiter>(8);
  for (let i = 0; i < 100; i++) {
    queue.push(waiter('heavy', 3));
    queue.push(waiter('light'));
  }
  expect(turnsOf(queue).filter(({ agent }) => agent === 'heavy')).toHaveLength(6);
});

test('whatever comes, leaves and has its turn: nobody is lost or counted twice, and the bound holds', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seeded(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const limit = 1 + Math.floor(random() * 20);
    const queue = new FairQueue<Waiter>(limit);
    const inside = new Set<Waiter>();
    for (let step = 0; step < 300; step++) {
      const chance = random();
      if (chance < 0.5) {
        const newcomer = waiter(pick(['a', 'b', 'c', 'd', 'e']), pick([1, 1, 2, 5]));
        inside.add(newcomer);
        const leaves = queue.push(newcomer);
        if (leaves !== undefined) expect(inside.delete(leaves)).toBe(true);
      } else if (chance < 0.8) {
        const next = queue.shift();
        expect(next === undefined).toBe(inside.size === 0);
        if (next !== undefined) {
          expect(inside.has(next)).toBe(true);
          if (random() < 0.3) queue.putBack(next);
          else inside.delete(next);
        }
      } else if (inside.size > 0) {
        const leaver = pick([...inside]);
        expect(queue.delete(leaver)).toBe(true);
        expect(queue.delete(leaver)).toBe(false);
        inside.delete(leaver);
      }
      expect(queue.size).toBe(inside.size);
      expect(queue.size).toBeLessThanOrEqual(limit);
    }
    expect(new Set(turnsOf(queue))).toEqual(inside);
  }
});

test('ten thousand agents that came and went leave nothing behind, once there is enough for all', () => {
  const queue = new FairQueue<Waiter>(10);
  for (let i = 0; i < 10_000; i++) {
    queue.push(waiter(`agent-${i}`));
    queue.shift();
  }
  queue.even();
  expect((queue as unknown as { lines: Map<string, unknown> }).lines.size).toBe(0);
});
