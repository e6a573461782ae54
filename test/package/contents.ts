import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { succeed } from '../suites/program';

/** What is in the package. */
export interface Contents {
  /** The package, unpacked. */
  readonly folder: string;
  /** Paths in it. */
  readonly files: readonly string[];
  readonly bytes: number;
  readonly packedBytes: number;
}

/** What somebody who installs the package has a use for. */
const NEEDED: readonly RegExp[] = [
  /^(package\.json|README\.md|LICENSE)$/,
  /^docs\/[a-z-]+\.(md|svg)$/,
  /^bin\/mcp-fleet(-docker)?$/,
  /^dist\/THIRD-PARTY-NOTICES\.txt$/,
  /^dist\/(gateway|sidecar)\/(index\.js|certificate\.js|Dockerfile)$/,
  /^dist\/lambda\/[a-z-]+\/index\.js$/,
  /^dist\/lib\/index\.js$/,
  /^dist\/client\/index\.(cjs|mjs|d\.mts)$/,
  /^dist\/(lib|client|core)\/[a-z-]+\.d\.ts$/,
  /^dist\/bin\/mcp-fleet(-docker)?\.mjs$/,
  /^dist\/bin\/picture\/[a-z0-9_-]+\.(wasm|woff2)$/,
  /^dist\/bin\/template\/./, // what `mcp-fleet init` lays out
  /^dist\/bin\/programs\/[a-z-]+\.[cm]js$/,
  /^dist\/bin\/programs\/prebuilds\/(linux-x64|linux-arm64|darwin-x64\+arm64)\/[a-z0-9.-]+\.node$/,
];

export async function contentsOf(tarball: string, scratch: string, signal: AbortSignal): Promise<Contents> {
  const folder = join(scratch, 'unpacked');
  mkdirSync(folder);
  await succeed('tar', ['-xzf', tarball, '--strip-components=1', '-C', folder], scratch, signal);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map(({ parentPath, name }) => relative(folder, join(parentPath, name))).sort();
  const sizeOf = (file: string): number => statSync(join(folder, file)).size;
  return { folder, files, bytes: files.reduce((sum, file) => sum + sizeOf(file), 0), packedBytes: statSync(tarball).size };
}

/** Files that nobody who installs the package needs. */
export function strangers({ files }: Contents): readonly string[] {
  return files.filter((file) => !NEEDED.some((pattern) => pattern.test(file)));
}
