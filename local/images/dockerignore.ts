import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

interface Rule {
  readonly pattern: RegExp;
  readonly readmits: boolean;
}

/** Which files of a build context are left out of it. */
export class DockerIgnore {
  private constructor(private readonly rules: readonly Rule[]) {}

  /** Reads `{Dockerfile}.dockerignore`, which goes first, or `.dockerignore`. */
  static of(context: string, dockerfile: string): DockerIgnore {
    const path = [`${dockerfile}.dockerignore`, '.dockerignore'].map((name) => join(context, name)).find(existsSync);
    return DockerIgnore.parse(path === undefined ? '' : readFileSync(path, 'utf8'));
  }

  static parse(text: string): DockerIgnore {
    const lines = text
      .replace(/^\uFEFF/, '')
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.trim())
      .filter((line) => line !== '' && line !== '!');
    return new DockerIgnore(
      lines.map((line) => {
        const readmits = line.startsWith('!');
        const cleaned = posix.normalize((readmits ? line.slice(1) : line).trim()).replace(/^\/+|\/+$/g, '');
        return { readmits, pattern: pathPattern(cleaned) };
      }),
    );
  }

  /** Whether a folder that is left out may still hold files that are not. */
  get readmits(): boolean {
    return this.rules.some(({ readmits }) => readmits);
  }

  /** @param path relative to the context; a folder that is left out leaves out what is in it. The last rule that fits decides. */
  leavesOut(path: string): boolean {
    if (path === '') return false;
    const prefixes = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
    let out = false;
    for (const { pattern, readmits } of this.rules) if (prefixes.some((prefix) => pattern.test(prefix))) out = !readmits;
    return out;
  }
}

/** A pattern of Go's `filepath.Match`, and `**` for any number of folders, as a regular expression. */
export function pathPattern(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string;
    const set = character === '[' ? /^\[(\^?)((?:\\.|[^\]\\])+)\]/.exec(pattern.slice(at)) : null;
    if (pattern.startsWith('**/', at)) {
      source += '(?:.*/)?';
      at += 2;
    } else if (pattern.startsWith('**', at)) {
      source += '.*';
      at += 1;
    } else if (set) {
      source += `[${set[1]}${set[2]?.replaceAll('[', '\\[')}]`;
      at += set[0].length - 1;
    } else if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else source += literal(character === '\\' ? (pattern[++at] ?? '\\') : character);
  }
  return new RegExp(`^${source}$`, 's');
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
}
