import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Programs that the constructs deploy, each a folder under `dist/` of this package. */
export type Bundle =
  | 'gateway'
  | 'sidecar'
  | 'lambda/authorizer'
  | 'lambda/allowlist-sync'
  | 'lambda/ledger-archiver'
  | 'lambda/ledger-janitor'
  | 'lambda/key-rotation';

/**
 * Folder of a bundled program.
 * @throws when the package has not been built
 */
export function bundleFolder(bundle: Bundle): string {
  const folder = join(packageRoot(__dirname), 'dist', bundle);
  if (!existsSync(join(folder, 'index.js'))) {
    throw new Error(`The bundle ${join(folder, 'index.js')} is missing: run \`npm run build\` in ${packageRoot(__dirname)} first.`);
  }
  return folder;
}

/** Base image of the shipped images: images made at synth start from the same one. */
export function baseImage(): string {
  const dockerfile = readFileSync(join(bundleFolder('sidecar'), 'Dockerfile'), 'utf8');
  const from = /^FROM (\S+)/m.exec(dockerfile)?.[1];
  if (from === undefined) throw new Error(`${join(bundleFolder('sidecar'), 'Dockerfile')} has no FROM line: run \`npm run build\` again.`);
  return from;
}

/** The package's own folder, whether this file runs as `lib/*.ts` or as `dist/lib/*.js`. */
function packageRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error(`No package.json above ${__dirname}: the package cdk-mcp-fleet is incomplete, install it again.`);
  return packageRoot(parent);
}
