import { expect, test } from '@jest/globals';
import { readOptions } from './options';

test('all loads at all targets but the fleet, unless it is said otherwise', () => {
  const options = readOptions([]);
  expect(options?.targets).toContain('gateway+sidecar');
  expect(options?.targets).not.toContain('fleet');
  expect(options).toMatchObject({ nodes: ['deployed'], rounds: 7, seconds: 1, guard: false, profile: false, write: false });
  expect(readOptions(['--short', '--rounds', '5'])).toMatchObject({ loads: ['read', 'one', 'keyed', 'keyless'], rounds: 5, seconds: 0.5 });
  expect(readOptions(['--targets', 'nginx,fleet', '--node', 'this,deployed'])).toMatchObject({
    targets: ['nginx', 'fleet'],
    nodes: ['this', 'deployed'],
  });
});

test.each([
  [['--targets', 'apache'], /--targets "apache" is not one of direct, nginx/],
  [['--loads', 'read,all'], /--loads "all" is not one of read/],
  [['--seconds', '0'], /--seconds must be a number above 0/],
  [['--against', 'docs'], /--against "docs" has no gateway\/index\.js/],
])('refuses %j', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
