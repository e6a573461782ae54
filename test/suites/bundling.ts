import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { ROOT } from './root';

/** How every program of a suite becomes one file that Node runs. */
export const BUNDLING = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  mainFields: ['module', 'main'],
  logLevel: 'warning',
} satisfies BuildOptions;

/**
 * Bundles programs, each into a folder of its own: `index.js`, and the Dockerfile that makes it an image.
 * @param sources folder of the project with a folder for each program, and in it `main.ts`
 * @returns the folders, by program
 */
export async function bundlePrograms<Program extends string>(
  sources: string,
  programs: readonly Program[],
  outdir: string,
): Promise<Readonly<Record<Program, string>>> {
  const entryPoints = programs.map((program) => ({ in: `${sources}/${program}/main.ts`, out: `${program}/index` }));
  await build({ ...BUNDLING, entryPoints, outdir });
  const folders = programs.map((program) => [program, join(outdir, program)] as const);
  for (const [, folder] of folders) copyFileSync(join(ROOT, 'build/images/Dockerfile'), join(folder, 'Dockerfile'));
  return Object.fromEntries(folders) as Record<Program, string>;
}
