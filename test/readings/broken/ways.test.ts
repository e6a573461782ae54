import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../../suites/root';
import { WAYS } from './ways';

test('there are eight ways at least, each under a name of its own', () => {
  expect(WAYS.length).toBeGreaterThanOrEqual(8);
  expect(new Set(WAYS.map(({ name }) => name)).size).toBe(WAYS.length);
});

test.each(WAYS.map(({ name, real, by }) => [name, real, by] as const))('%s replaces a module that is there', (_, real, by) => {
  expect(existsSync(join(ROOT, real))).toBe(true);
  expect(existsSync(join(ROOT, by))).toBe(true);
});
