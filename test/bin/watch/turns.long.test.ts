import { describe, expect, test } from '@jest/globals';
import { type Turn, Turns } from '../../../bin/watch/turns';
import { Clock } from './clock';

/** Turns whose work takes some time, and what each was given. */
function turnsWith(workMs: number, during: (turn: Turn) => void = () => {}) {
  const clock = new Clock();
  const done: string[][] = [];
  let running = 0;
  const turns = new Turns(async (turn) => {
    expect(++running).toBe(1);
    await new Promise<void>((end) => void clock.after(workMs, end));
    during(turn);
    done.push([...turn.changes].sort());
    running--;
  }, clock);
  turns.open();
  return { clock, turns, done };
}

describe('Turns', () => {
  test('a burst is one turn; what comes while it works is the next', async () => {
    const { clock, turns, done } = turnsWith(2000);
    for (const path of ['a', 'b', 'a']) {
      turns.take(path);
      await clock.pass(100);
    }
    await clock.pass(200);
    turns.take('c');
    turns.take('d');
    await clock.pass(10_000);
    expect(done).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  test('what is written without a pause does not put it off for ever', async () => {
    const { clock, turns, done } = turnsWith(10);
    for (let i = 0; i < 50; i++) {
      turns.take(`f${i}`);
      await clock.pass(100);
    }
    await clock.pass(1000);
    expect(done.length).toBe(2);
    expect(done.flat().length).toBe(50);
  });

  test('what has changed before it is opened is judged first', async () => {
    const clock = new Clock();
    const done: string[][] = [];
    const turns = new Turns(async ({ changes }) => void done.push([...changes]), clock);
    for (const path of ['seen', 'new']) turns.take(path);
    await clock.pass(1000);
    expect(done).toEqual([]);
    turns.open((changes) => [...changes].filter((path) => path !== 'seen'));
    await clock.pass(1000);
    expect(done).toEqual([['new']]);
  });

  test('what a turn takes is its own; what it puts off waits, unless something else comes', async () => {
    let arrived: readonly string[] = [];
    const { clock, turns, done } = turnsWith(1000, (turn) => {
      arrived = turn.arrived();
      if (arrived.length > 0) turn.later(arrived, 5000);
    });
    turns.take('a');
    await clock.pass(500);
    turns.take('b');
    await clock.pass(4000);
    expect([arrived, done]).toEqual([['b'], [['a']]]);
    await clock.pass(10_000);
    expect(done).toEqual([['a'], ['b']]);

    turns.take('c');
    await clock.pass(500);
    turns.take('d');
    await clock.pass(1000);
    turns.take('e');
    await clock.pass(2000);
    expect(done.at(-1)).toEqual(['d', 'e']);
  });

  test('nothing begins when it has been stopped', async () => {
    const { clock, turns, done } = turnsWith(1000);
    turns.take('a');
    await clock.pass(500);
    turns.take('b');
    turns.stop();
    await clock.pass(10_000);
    expect(done).toEqual([['a']]);
  });
});

/** Numbers that are the same in each run (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test('whatever is saved, and whenever: one turn at a time, nothing lost, the newest state last', async () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = numbersFrom(seed);
    const clock = new Clock();
    /** Version of each file on the disk, and of the files that the last turn has read. */
    const disk = new Map<string, number>();
    let applied = new Map<string, number>();
    let running = 0;
    let turnsRun = 0;
    const turns = new Turns(async (turn) => {
      expect(++running).toBe(1);
      turnsRun++;
      let read = new Map(disk);
      await new Promise<void>((end) => void clock.after(random() * 3000, end));
      // Something newer is read once more, and after that for the next turn.
      if (turn.arrived().length > 0) {
        read = new Map(disk);
        await new Promise<void>((end) => void clock.after(random() * 3000, end));
        turn.later(turn.arrived(), 0);
      }
      if (random() < 0.8) applied = read;
      else turn.later(turn.changes, 0); // given up
      running--;
    }, clock);
    turns.open();

    let bursts = 0;
    for (let burst = 0; burst < 1 + random() * 5; burst++) {
      bursts++;
      for (let saves = 0; saves < 1 + random() * 30; saves++) {
        const path = `f${Math.floor(random() * 6)}`;
        disk.set(path, (disk.get(path) ?? 0) + 1);
        turns.take(path);
        await clock.pass(random() * 120);
      }
      await clock.pass(random() * 20_000);
    }
    await clock.pass(120_000);
    expect([seed, running, applied]).toEqual([seed, 0, disk]);
    expect(turnsRun).toBeLessThan(bursts * 12);
  }
});
