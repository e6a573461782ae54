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
    const copiesOf = assembly === undefined ? () => [] : stagedIn(assembly);
    return paths.filter((path) => {
      const content = this.contentOf(path);
      const isKnown = this.known.get(path) === content;
      this.known.set(path, content);
      return !isKnown && !copiesOf(path).some((copy) => this.contentOf(copy) === content);
    });
  }
}

/** What of an assembly's assets may be a copy of a file: what has its name in a folder, and each asset that is a file, which has none. */
function stagedIn(assembly: string): (path: string) => readonly string[] {
  const named = new Map<string, string[]>();
  const nameless: string[] = [];
  for (const asset of readdirSync(assembly, { withFileTypes: true }).filter(({ name }) => name.startsWith('asset.'))) {
    const place = join(assembly, asset.name);
    if (!asset.isDirectory()) {
      nameless.push(place);
      continue;
    }
    for (const entry of readdirSync(place, { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) named.set(entry.name, [...(named.get(entry.name) ?? []), join(entry.parentPath, entry.name)]);
    }
  }
  return (path) => [...(named.get(basename(path)) ?? []), ...nameless];
}

function contentHash(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('base64');
  } catch {
    return 'nothing';
  }
}
