import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './root';

/** Programs of the suite, by folder. */
export const PROGRAMS = ['everything-server', 'relay-server', 'everything-client'] as const;

export type Program = (typeof PROGRAMS)[number];

/** Bundles every program into a folder of its own under `folder`: `index.js`, and the Dockerfile that makes it an image. */
export async function bundlePrograms(folder: string): Promise<Readonly<Record<Program, string>>> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: PROGRAMS.map((program) => ({ in: `test/conformance/${program}/main.ts`, out: `${program}/index` })),
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  });
  const folders = PROGRAMS.map((program) => [program, join(folder, program)] as const);
  for (const [, path] of folders) copyFileSync(join(ROOT, 'build/images/Dockerfile'), join(path, 'Dockerfile'));
  return Object.fromEntries(folders) as Record<Program, string>;
}
