import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Path of a small program that the account runs in a process of its own. They lie in `programs/` beside this module,
 * beside the bundled command line, or, for a bundle inside the repository, in its sources.
 */
export function programPath(name: string): string {
  const places = ['./programs/', '../../local/programs/'].map((folder) => fileURLToPath(new URL(folder + name, import.meta.url)));
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error(`The program ${name} of the local account is not installed; looked for ${places.join(' and ')}.`);
  return found;
}
