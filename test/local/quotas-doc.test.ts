import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { QUOTAS } from '../../local/quotas';
import { ROOT } from '../suites/root';

test('docs/aws.md lists every limit that is kept, and no other', () => {
  const [, section = ''] = readFileSync(join(ROOT, 'docs/aws.md'), 'utf8').split('\n## Limits\n');
  const rows = section
    .split('\n## ')[0]
    ?.split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1);
  const kept = Object.values(QUOTAS).map(({ service, what, most, unit, answer }) => {
    const bound = `${most.toLocaleString('en')}${unit === 'bytes' ? ' bytes' : ''}`;
    return `| ${service} | ${what} | ${bound} | ${answer} |`;
  });
  expect(rows).toEqual(kept);
});
