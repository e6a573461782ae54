import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { appPaths, manifestPaths, serverPaths, together } from '../../../bin/watch/watched-paths';
import { Watcher } from '../../../bin/watch/watcher';
import { scratchFolder } from '../../local/fixtures/assembly';

/** Files as editors, builds and git write them. */

let folder: string;
let outside: string;
let seen: Set<string>;
let watcher: Watcher | undefined;

beforeEach(() => {
  const scratch = scratchFolder();
  folder = join(scratch, 'app');
  outside = join(scratch, 'clock');
  seen = new Set();
  for (const path of [
    'bin/app.ts',
    'lib/a.ts',
    'servers/notes/dist/index.js',
    'node_modules/x/index.js',
    '.git/HEAD',
    'cdk.out/manifest.json',
  ])
    write(path);
  write('../clock/main.js');
});

afterEach(() => watcher?.stop());

function write(path: string, text = path): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

async function watch(): Promise<void> {
  const servers = [join(folder, 'servers/notes/dist'), outside].map((root) => serverPaths(root, folder, {}));
  const onChange = (path: string): void => void seen.add(relative(folder, path));
  watcher = await Watcher.start(together([appPaths(folder, {}), ...servers]), onChange, (error) => {
    throw error;
  });
}

/** Waits until all of these are told; what is told by then is all that is told. */
async function told(...paths: readonly string[]): Promise<readonly string[]> {
  const end = Date.now() + 15_000;
  for (;;) {
    const missing = paths.filter((path) => !seen.has(path));
    if (missing.length === 0) break;
    if (Date.now() > end) throw new Error(`not told of ${missing.length}: ${missing.slice(0, 5)}; of ${[...seen].slice(0, 5)}`);
    await new Promise((next) => setTimeout(next, 20));
  }
  const all = [...seen].sort();
  seen.clear();
  return all;
}

test('sources of the app and of servers, wherever they are, and nothing that tools write', async () => {
  await watch();
  for (const path of [
    'node_modules/x/index.js',
    '.git/HEAD',
    'cdk.out/manifest.json',
    '.mcp-fleet/logs/run.ndjson',
    'dist/index.js',
    'x.log',
  ])
    write(path, '2');
  write('lib/a.ts', '2');
  write('servers/notes/dist/index.js', '2');
  write('../clock/main.js', '2');
  expect(await told('lib/a.ts', 'servers/notes/dist/index.js', '../clock/main.js')).toEqual([
    '../clock/main.js',
    'lib/a.ts',
    'servers/notes/dist/index.js',
  ]);
});

test('editors that write beside and rename; folders that go and come; links; a checkout of many files', async () => {
  const elsewhere = join(scratchFolder(), 'shared');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'tools.ts'), '1');
  symlinkSync(elsewhere, join(folder, 'lib/shared'));
  symlinkSync(folder, join(folder, 'lib/loop'));
  await watch();
  for (let i = 0; i < 3; i++) {
    write('lib/a.ts~', `saved ${i}`);
    renameSync(join(folder, 'lib/a.ts~'), join(folder, 'lib/a.ts'));
    await told('lib/a.ts');
    // Of two changes within 50 ms chokidar tells the first: nobody reads the file before 150 ms have passed.
    await new Promise((next) => setTimeout(next, 60));
  }
  writeFileSync(join(elsewhere, 'tools.ts'), '2');
  await told('lib/shared/tools.ts');

  rmSync(join(folder, 'servers/notes/dist'), { recursive: true });
  await told('servers/notes/dist/index.js');
  write('servers/notes/dist/index.js', 'new');
  await told('servers/notes/dist/index.js');
  write('servers/notes/dist/index.js', 'newer');
  await told('servers/notes/dist/index.js');

  const many = Array.from({ length: 300 }, (_, i) => `lib/many/${i % 7}/f${i}.ts`);
  for (const path of many) write(path);
  await told(...many);
  cpSync(join(folder, 'lib/many'), join(folder, 'lib/copy'), { recursive: true });
  rmSync(join(folder, 'lib/many'), { recursive: true });
  await told(...many);
});

test('a folder of a server outside that is removed and made again', async () => {
  await watch();
  rmSync(outside, { recursive: true });
  await told('../clock/main.js');
  write('../clock/main.js', 'again');
  await told('../clock/main.js');
});

test('an assembly that is rewritten, also where its folder is removed before', async () => {
  const assembly = join(folder, 'cdk.out');
  watcher = await Watcher.start(
    manifestPaths(assembly),
    (path) => void seen.add(relative(folder, path)),
    () => {},
  );
  write('cdk.out/manifest.json', '2');
  write('cdk.out/Shop.template.json', '2');
  expect(await told('cdk.out/manifest.json')).toEqual(['cdk.out/manifest.json']);
  rmSync(assembly, { recursive: true });
  await told('cdk.out/manifest.json');
  write('cdk.out/manifest.json', '3');
  await told('cdk.out/manifest.json');
});

test('patterns of cdk.json, and servers that come later', async () => {
  const settings = { include: ['lib/**', '../clock/*.js'], exclude: ['lib/generated'] };
  watcher = await Watcher.start(
    appPaths(folder, settings),
    (path) => void seen.add(relative(folder, path)),
    () => {},
  );
  write('bin/app.ts', '2');
  write('lib/generated/x.ts', '2');
  write('../clock/main.js', '2');
  write('lib/a.ts', '2');
  expect(await told('lib/a.ts', '../clock/main.js')).toEqual(['../clock/main.js', 'lib/a.ts']);
  watcher.update(together([appPaths(folder, settings), serverPaths(join(folder, 'servers/notes/dist'), folder, settings)]));
  write('servers/notes/dist/index.js', '2');
  await told('servers/notes/dist/index.js');
});
