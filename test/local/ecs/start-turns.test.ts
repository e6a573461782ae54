import { expect, test } from '@jest/globals';
import { type GiveBack, StartTurns } from '../../../local/ecs/start-turns';

/** Those that have had their turn, in that order. */
function takers(turns: StartTurns): { take(name: string): Promise<void>; readonly begun: string[]; readonly back: Map<string, GiveBack> } {
  const begun: string[] = [];
  const back = new Map<string, GiveBack>();
  return {
    begun,
    back,
    take: async (name) => {
      back.set(name, await turns.take());
      begun.push(name);
    },
  };
}

const settled = () => new Promise((next) => setImmediate(next));

test('so many start at once, and the others in the order in which they came', async () => {
  const { take, begun, back } = takers(new StartTurns(2));
  for (const name of ['a', 'b', 'c', 'd']) void take(name);
  await settled();
  expect(begun).toEqual(['a', 'b']);
  back.get('b')?.();
  back.get('b')?.();
  await settled();
  expect(begun).toEqual(['a', 'b', 'c']);
  for (const name of ['a', 'c']) back.get(name)?.();
  await settled();
  back.get('d')?.();
  await Promise.all([take('e'), take('f')]);
  expect(begun).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});

test('one that never comes up does not keep the others waiting', async () => {
  const { take, begun } = takers(new StartTurns(1, 10));
  await Promise.all([take('stuck'), take('next')]);
  expect(begun).toEqual(['stuck', 'next']);
});
