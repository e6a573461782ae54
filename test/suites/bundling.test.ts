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
