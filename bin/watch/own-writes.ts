import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Tells what somebody has saved from what the synthesis itself has written, such as the output of a build. */
export class OwnWrites {
  /** Contents after the last synthesis during which a file was written. */
  private readonly known = new Map<string, string>();

  constructor(private readonly contentOf: (path: string) => string = contentHash) {}

  /**
   * Of what was written while an assembly was made, that which it may not have seen: neither is it in the assembly, nor is it what it was
   * after the time before, as with a build that writes the same each time.
   * @param assembly absent where none came of it
   */
  unseen(written: Iterable<string>, assembly?: string): readonly string[] {
    const paths = [...written];
    if (paths.length === 0) return [];
    const staged = assembly === undefined ? new Map<string, string[]>() : stagedIn(assembly);
    return paths.filter((path) => {
      const content = this.contentOf(path);
      const isKnown = this.known.get(path) === content;
      this.known.set(path, content);
      return !isKnown && !staged.get(basename(path))?.some((copy) => this.contentOf(copy) === content);
    });
  }
}

/** The files of an assembly's assets, by name. */
function stagedIn(assembly: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const assets = readdirSync(assembly).filter((name) => name.startsWith('asset.'));
  for (const asset of assets) {
    for (const entry of readdirSync(join(assembly, asset), { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) found.set(entry.name, [...(found.get(entry.name) ?? []), join(entry.parentPath, entry.name)]);
    }
  }
  return found;
}

function contentHash(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('base64');
  } catch {
    return 'nothing';
  }
}
