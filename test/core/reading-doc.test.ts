import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { methodsTable } from './methods-table';

const DOC = readFileSync(join(__dirname, '../../docs/reading.md'), 'utf8');

test('docs/reading.md shows the methods as the code has them', () => {
  const [, table] = /<!-- methods -->\n([\s\S]*?)\n<!-- end -->/.exec(DOC) ?? [];
  expect(table).toBe(methodsTable());
});
