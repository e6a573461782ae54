import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The executables of an npm package that is installed in the working directory or above it, in this very version; undefined when it is not. */
export function installedBins(name: string, version: string, folder = process.cwd()): string[] | undefined {
  const manifest = readManifest(join(folder, 'node_modules', name, 'package.json'));
  if (manifest?.version === version) {
    const { bin = {} } = manifest;
    return typeof bin === 'string' ? [name.replace(/^@[^/]*\//, '')] : Object.keys(bin);
  }
  return dirname(folder) === folder ? undefined : installedBins(name, version, dirname(folder));
}

function readManifest(path: string): { readonly version?: string; readonly bin?: string | Record<string, string> } | undefined {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}
