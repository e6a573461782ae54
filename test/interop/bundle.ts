import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './root';

/** Bundles the journaled server into a folder: `index.js`, and the Dockerfile that makes it an image. */
export async function bundleJournaledServer(folder: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [{ in: 'test/interop/journaled-server/main.ts', out: 'index' }],
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  });
  copyFileSync(join(ROOT, 'build/images/Dockerfile'), join(folder, 'Dockerfile'));
}
