import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Path of a file that pictures are made with. They lie in `picture/` beside the bundled command line; for its sources, where the build
 * has put them.
 */
export function pictureFile(name: string): string {
  const places = ['./picture/', '../../dist/bin/picture/'].map((folder) => fileURLToPath(new URL(folder + name, import.meta.url)));
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error(`${name}, which pictures are made with, is not installed; looked for ${places.join(' and ')}.`);
  return found;
}
