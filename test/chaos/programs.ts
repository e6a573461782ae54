import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLING } from './bundling';
import { ROOT } from './root';

/** Where the bundled programs are. */
export interface Programs {
  /** Folder with the bank's server and the Dockerfile that makes it an image. */
  readonly bankServer: string;
  /** File of the agent process. */
  readonly agent: string;
}

export async function bundlePrograms(folder: string): Promise<Programs> {
  await build({
    ...BUNDLING,
    entryPoints: ['bank-server', 'agent'].map((program) => ({ in: `test/chaos/${program}/main.ts`, out: `${program}/index` })),
    outdir: folder,
  });
  const bankServer = join(folder, 'bank-server');
  copyFileSync(join(ROOT, 'build/images/Dockerfile'), join(bankServer, 'Dockerfile'));
  return { bankServer, agent: join(folder, 'agent/index.js') };
}
