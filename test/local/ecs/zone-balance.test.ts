import { expect, test } from '@jest/globals';
import { crowdedTask } from '../../../local/ecs/zone-balance';

const tasks = (text: string) =>
  [...text].map((letter, i) => ({ i, zone: letter.toLowerCase(), isProtected: letter !== letter.toLowerCase() }));

test.each([
  ['bb', 'ab', 0],
  ['ab', 'ab', undefined],
  ['abb', 'ab', undefined],
  ['abbb', 'ab', 1],
  ['Bb', 'ab', 1],
  ['BB', 'ab', undefined],
  ['bb', 'b', undefined],
  ['aacc', 'abc', 0],
  ['', 'ab', undefined],
])('of tasks in %s, zones %s: the one to be moved is %s', (placed, zones, moved) => {
  expect(crowdedTask(tasks(placed), [...zones])?.i).toBe(moved);
});
