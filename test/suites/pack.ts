import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { succeed } from './program';
import { ROOT } from './root';

/** Packs the package as it would be published. @returns path of the tarball */
export async function pack(folder: string, signal: AbortSignal): Promise<string> {
  await succeed('npm', ['pack', '--pack-destination', folder], ROOT, signal);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack left no tarball in ${folder}`);
  return join(folder, tarball);
}
