import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { ROOT } from './root';

/** A module that stands where programs import another: the product knows nothing of it. Both by their paths in the project. */
export interface Replacement {
  readonly real: string;
  /** May itself import the real one. */
  readonly by: string;
}

/** A text of one file that stands there once, and what programs get in its place. */
export interface Patch {
  /** Path in the project. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/**
 * Bundles programs into one file each that Node runs.
 * @param sources by the name of the file, without its ending
 * @throws Error with what esbuild said; also when nothing imports what is to be replaced, or a text that is to be does not stand there once
 */
export async function bundle(sources: Readonly<Record<string, string>>, outdir: string, change?: Replacement | Patch): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { ...sources },
    outdir,
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
    plugins: change === undefined ? [] : ['find' in change ? patching(change) : replacing(change)],
  });
}

/**
 * Bundles programs of a suite, each into a folder of its own: `index.js`, and the Dockerfile that makes it an image.
 * @param folder of the project, with a folder for each program and in it `main.ts`
 * @returns the folders, by program
 */
export async function bundlePrograms<Program extends string>(
  folder: string,
  programs: readonly Program[],
  outdir: string,
): Promise<Readonly<Record<Program, string>>> {
  await bundle(Object.fromEntries(programs.map((program) => [`${program}/index`, `${folder}/${program}/main.ts`])), outdir);
  const folders = programs.map((program) => [program, join(outdir, program)] as const);
  for (const [, path] of folders) copyFileSync(join(ROOT, 'build/images/Dockerfile'), join(path, 'Dockerfile'));
  return Object.fromEntries(folders) as Record<Program, string>;
}

function replacing({ real, by }: Replacement): Plugin {
  const [realPath, inItsPlace] = [join(ROOT, real), join(ROOT, by)];
  return {
    name: `${by} in place of ${real}`,
    setup: ({ onResolve, onEnd }) => {
      let replaced = 0;
      onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, importer }) => {
        if (importer === inItsPlace || join(resolveDir, `${path}.ts`) !== realPath) return undefined;
        replaced++;
        return { path: inItsPlace };
      });
      onEnd(() => (replaced === 0 ? { errors: [{ text: `nothing imports ${real} any more` }] } : undefined));
    },
  };
}

/** The text of a file with the change in it. @throws Error where what is to be changed does not stand there once */
export function patched({ file, find, put }: Patch): string {
  const parts = readFileSync(join(ROOT, file), 'utf8').split(find);
  if (parts.length !== 2) throw new Error(`${JSON.stringify(find)} stands ${parts.length - 1} times in ${file}, and not once`);
  return parts.join(put);
}

function patching(patch: Patch): Plugin {
  const [path, contents] = [join(ROOT, patch.file), patched(patch)];
  return {
    name: `a patch of ${patch.file}`,
    setup: ({ onLoad, onEnd }) => {
      let loaded = false;
      onLoad({ filter: /\.ts$/ }, (file) => {
        if (file.path !== path) return undefined;
        loaded = true;
        return { contents, loader: 'ts' };
      });
      onEnd(() => (loaded ? undefined : { errors: [{ text: `no program has ${patch.file} in it` }] }));
    },
  };
}
