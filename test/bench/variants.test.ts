import { expect, test } from '@jest/globals';
import { variantsOf } from './variants';

const here = { name: '', dist: '/here/dist' };
const other = { name: 'other', dist: '/other/dist' };
const nodes = [
  { name: '20.1.0', file: '/node20' },
  { name: '24.1.0', file: '/node24' },
];
const names = (...parameters: Parameters<typeof variantsOf>) => variantsOf(...parameters).map(({ name }) => name);

test('alone each target has its own name', () => {
  expect(names(['nginx', 'node-pipe', 'gateway'], nodes.slice(0, 1), [here])).toEqual(['nginx', 'node-pipe', 'gateway']);
});

test('what runs on Node does so on each, and what is ours of each build', () => {
  expect(names(['nginx', 'node-pipe', 'gateway'], nodes, [here, other])).toEqual([
    'nginx',
    'node-pipe@20',
    'node-pipe@24',
    'gateway@20',
    'gateway@20@other',
    'gateway@24',
    'gateway@24@other',
  ]);
});
