import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { endingsTable } from './endings-table';
import { errorTable } from './error-table';

const DOC = readFileSync(join(__dirname, '../../docs/outcomes.md'), 'utf8');

test('docs/outcomes.md shows the errors as the code has them', () => {
  const [, table] = /<!-- errors -->\n([\s\S]*?)\n<!-- end -->/.exec(DOC) ?? [];
  expect(table).toBe(errorTable());
});

test('docs/outcomes.md shows the endings of a call as the code has them', () => {
  const [, table] = /<!-- endings -->\n([\s\S]*?)\n<!-- end -->/.exec(DOC) ?? [];
  expect(table).toBe(endingsTable());
});

test('docs/outcomes.md explains every advice that a program can get', () => {
  const advice = new Set([...errorTable().matchAll(/`(\w+)` \| [^|]+ \|$/gm)].map(([, retry]) => retry));
  expect(advice.size).toBeGreaterThan(5);
  for (const retry of advice) expect(DOC).toContain(`| \`${retry}\` | `);
});
