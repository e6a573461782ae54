import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { build, type Plugin } from 'esbuild';
import { ROOT } from '../root';
import { replacing } from './replacing';
import { WAYS } from './ways';

const folder = mkdtempSync(join(tmpdir(), 'replacing-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Bundles a program. @returns the modules in it */
async function bundle(plugin: Plugin): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['core/outcome-tool.ts'],
    outdir: folder,
    metafile: true,
    bundle: true,
    platform: 'node',
    logLevel: 'silent',
    plugins: [plugin],
  });
  return Object.keys(metafile.inputs);
}

test('a broken module stands in for the real one, which it may still import', async () => {
  const modules = await bundle(replacing({ name: 'test', wrong: '', replaces: 'core/key-demand.ts', by: 'stand-in.fixture.ts' }));
  expect(modules).toContain('test/readings/broken/stand-in.fixture.ts');
  expect(modules).toContain('core/key-demand.ts');
});

test('a module that nothing imports any more is told by name', async () => {
  const gone = replacing({ name: 'test', wrong: '', replaces: 'core/gone.ts', by: 'stand-in.fixture.ts' });
  await expect(bundle(gone)).rejects.toThrow('nothing imports core/gone.ts any more');
});

test('every way is there, under a name of its own', () => {
  expect(new Set(WAYS.map(({ name }) => name)).size).toBe(WAYS.length);
  for (const { replaces, by } of WAYS) {
    expect(() => readFileSync(join(ROOT, replaces))).not.toThrow();
    expect(() => readFileSync(join(__dirname, by))).not.toThrow();
  }
});
