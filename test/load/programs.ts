import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './root';

/** Where the bundled programs are. */
export interface Programs {
  /** Folder with the counter server and the Dockerfile that makes it an image. */
  readonly counterServer: string;
  /** File of the client process. */
  readonly client: string;
}

export async function bundlePrograms(folder: string): Promise<Programs> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['counter-server', 'client'].map((program) => ({ in: `test/load/${program}/main.ts`, out: `${program}/index` })),
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  });
  const counterServer = join(folder, 'counter-server');
  copyFileSync(join(ROOT, 'build/images/Dockerfile'), join(counterServer, 'Dockerfile'));
  return { counterServer, client: join(folder, 'client/index.js') };
}
