import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bundle, bundlePrograms } from './bundling';
import { ROOT } from './root';

let folder: string;
/** By their paths in the project, as the bundler is told them. */
const path = (name: string): string => relative(ROOT, join(folder, name));
const said = (file: string): string => execFileSync(process.execPath, [file], { encoding: 'utf8' });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-bundling-'));
  mkdirSync(join(folder, 'teller'));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('teller/main.ts', "import { word } from '../word';\nconsole.log(word);");
  write('word.ts', "export const word: string = 'real';");
  write('other.ts', "import { word as real } from './word';\nexport const word = ['not', real].join(' ');");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('each program gets a folder that is an image', async () => {
  const { teller } = await bundlePrograms(path('.'), ['teller'], join(folder, 'out'));
  expect(said(join(teller, 'index.js'))).toBe('real\n');
  expect(existsSync(join(teller, 'Dockerfile'))).toBe(true);
});

test('a module stands in for another, which it may import itself', async () => {
  await bundle({ replaced: path('teller/main.ts') }, join(folder, 'out'), { real: path('word.ts'), by: path('other.ts') });
  expect(said(join(folder, 'out/replaced.js'))).toBe('not real\n');
});

test('a module that nothing imports cannot be replaced', async () => {
  const attempt = bundle({ replaced: path('teller/main.ts') }, join(folder, 'out'), { real: path('gone.ts'), by: path('other.ts') });
  await expect(attempt).rejects.toThrow(/nothing imports .*gone\.ts any more/);
});

test('a text of one file is another one in the program', async () => {
  const patch = { file: path('word.ts'), find: "'real'", put: "'patched'" };
  await bundle({ patched: path('teller/main.ts') }, join(folder, 'out'), patch);
  expect(said(join(folder, 'out/patched.js'))).toBe('patched\n');
});

test.each([
  ['stands nowhere', 'word.ts', 'nothing', /"nothing" stands 0 times in .*word\.ts, and not once/],
  ['stands twice', 'word.ts', 'r', /"r" stands \d times in .*word\.ts, and not once/],
  ['is in no program', 'other.ts', 'not', /no program has .*other\.ts in it/],
])('a text that %s cannot be changed', async (_, name, find, error) => {
  const attempt = bundle({ patched: path('teller/main.ts') }, join(folder, 'out'), { file: path(name), find, put: '' });
  await expect(attempt).rejects.toThrow(error);
});
