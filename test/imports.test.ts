import { describe, expect, test } from '@jest/globals';
import { arrowsIn, circlesIn, readImports, specifiersOf } from './import-graph';

const FOLDERS = ['bin', 'core', 'ledger', 'gateway', 'sidecar', 'lambda', 'client', 'lib', 'local', 'checks', 'meaning'];

/** What runs on its own, and which folders of ours it may import. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ledger: ['core'],
  gateway: ['core', 'ledger'],
  sidecar: ['core'],
  lambda: ['core', 'ledger'],
  client: ['core'],
  lib: ['core'],
  meaning: ['core', 'local'],
};

const graph = readImports(FOLDERS);
const arrows = arrowsIn(graph);

test('no file imports itself by way of others, types included', () => {
  expect(circlesIn(graph)).toEqual([]);
});

test.each(Object.entries(MAY_IMPORT))('%s/ imports nothing of ours but %j', (folder, allowed) => {
  expect([...graph.keys()].filter((file) => file.startsWith(`${folder}/`))).not.toEqual([]);
  expect(arrows.filter(({ from, to }) => from === folder && !allowed.includes(to)).map(({ arrow }) => arrow)).toEqual([]);
});

test('only bin/, checks/ and meaning/ import local/', () => {
  expect(arrows.filter(({ from, to }) => to === 'local' && !['bin', 'checks', 'meaning'].includes(from)).map(({ arrow }) => arrow)).toEqual(
    [],
  );
});

describe('what these checks see', () => {
  test.each([
    "import { a } from './there';",
    "import type { A } from './there';",
    "import { type A } from './there';",
    "import * as there from './there';",
    "import './there';",
    "import there = require('./there');",
    "export { a } from './there';",
    "export type { A } from './there';",
    "export * from './there';",
    "export type A = import('./there').A;",
    "const a = await import('./there');",
    "const a = require('./there');",
  ])('%s', (source) => {
    expect(specifiersOf(source)).toEqual(['./there']);
  });

  test('a circle that is reached from outside, each by the import that closes it', () => {
    const files = { a: ['b', 'c'], b: ['c'], c: ['d', 'e'], d: ['b'], e: ['e'] };
    expect(circlesIn(new Map(Object.entries(files)))).toEqual(['b → c → d → b', 'e → e']);
  });

  test('two ways to one file are no circle', () => {
    expect(circlesIn(new Map(Object.entries({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] })))).toEqual([]);
  });

  test('every import between folders', () => {
    expect(new Set(arrows.map(({ from, to }) => `${from} → ${to}`))).toContain('gateway → core');
  });
});
