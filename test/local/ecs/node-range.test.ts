import { expect, test } from '@jest/globals';
import { leastNode } from '../../../local/ecs/node-range';

test.each([
  ['>=22', '22.0.0'],
  ['>= 20.21', '20.21.0'],
  ['>20', '21.0.0'],
  ['>20.20', '20.21.0'],
  ['>20.20.2', '20.20.3'],
  ['^18.0.0 || ^22.12.0 || >=24', '22.12.0'],
  ['>=22 <25', '22.0.0'],
  ['22 - 24', '22.0.0'],
  ['22.x', '22.0.0'],
  ['~22.4', '22.4.0'],
  ['20.21.0', '20.21.0'],
  ['^20.21.1', '20.21.1'],
  ['v22', '22.0.0'],
])('20.20.2 is too old for %s', (range, least) => {
  expect(leastNode(range, '20.20.2')).toBe(least);
});

test.each([
  '>=18',
  '*',
  '',
  '^20',
  '20',
  '20.x',
  '>=18 <21',
  '18 || 20',
  '18 - 20',
  '~20.20.0',
  '<=20',
  '>=20.20.2',
  '=20.20.2',
  '^20.0.0-rc.1',
])('20.20.2 fits %s', (range) => {
  expect(leastNode(range, '20.20.2')).toBeUndefined();
});

test.each(['<18', '^18', '16 - 18', 'lts/*', '>=22 and more'])('20.20.2 is not too old for %s: too new, or not understood', (range) => {
  expect(leastNode(range, '20.20.2')).toBeUndefined();
});
