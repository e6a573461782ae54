import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { patched } from '../suites/bundling';
import { ROOT } from '../suites/root';
import { boundsTable } from './bounds-table';
import { readOptions } from './options';
import { SHOWN_ELSEWHERE } from './shown-elsewhere';
import { elsewhereTable, threatTable } from './threat-tables';
import { THREATS } from './threats';

const DOC = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8');

test('docs/threat-model.md shows the threats as the suite has them', () => {
  expect(/<!-- threats -->\n([\s\S]*?)\n<!-- end -->/.exec(DOC)?.[1]).toBe(threatTable());
  expect(/<!-- elsewhere -->\n([\s\S]*?)\n<!-- end -->/.exec(DOC)?.[1]).toBe(elsewhereTable());
});

test('docs/threat-model.md shows the bounds as the code has them', () => {
  expect(/<!-- bounds -->\n([\s\S]*?)\n<!-- end -->/.exec(DOC)?.[1]).toBe(boundsTable());
});

test('no two threats have one name, and no two attacks of one threat', () => {
  const ids = [...THREATS, ...SHOWN_ELSEWHERE].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, attacks } of THREATS) {
    const names = attacks.map(({ name }) => name);
    expect([id, names.filter((name, at) => names.indexOf(name) !== at)]).toEqual([id, []]);
  }
});

test.each(THREATS.map((threat) => [threat.id, threat] as const))(
  '%s has attacks, and a guard whose text stands once in its file',
  (_, threat) => {
    expect(threat.attacks.length).toBeGreaterThan(0);
    expect(patched(threat.mutation)).not.toBe(readFileSync(join(ROOT, threat.mutation.file), 'utf8'));
  },
);

test('there are 150 attacks at least', () => {
  expect(THREATS.flatMap(({ attacks }) => attacks).length).toBeGreaterThanOrEqual(150);
});

test.each(SHOWN_ELSEWHERE.map(({ id, file, test: name }) => [id, file, name]))(
  '%s is shown by a test that is there: %s',
  (_, file, name) => {
    expect(existsSync(join(ROOT, file))).toBe(true);
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(name);
  },
);

test('a long run removes every guard, and one of some threats theirs', () => {
  expect(readOptions(['--long'])).toMatchObject({ mutations: THREATS.length, messages: 1_000_000, calls: 20_000, leaks: 10_000 });
  expect(readOptions(['--threat', 'token-forged'])).toMatchObject({
    threats: ['token-forged'],
    mutations: 1,
    messages: 0,
    calls: 0,
    leaks: 0,
  });
  expect(() => readOptions(['--threat', 'nothing'])).toThrow(/--threat "nothing" is not one of token-forged, /);
});
