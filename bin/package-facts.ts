import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Packages that a company installs beside this one, at versions that are known to work together. */
const BESIDE = [
  '@modelcontextprotocol/server',
  '@types/node',
  'aws-cdk',
  'aws-cdk-lib',
  'constructs',
  'esbuild',
  'tsx',
  'typescript',
  'zod',
];

interface OwnManifest {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Version of this package. */
export function packageVersion(): string {
  return ownManifest().version;
}

/** Path of an executable of this package. */
export function executablePath(name: string): string {
  return join(ownFolder(), 'bin', name);
}

export function versionsBeside(): Readonly<Record<string, string>> {
  const { devDependencies } = ownManifest();
  return Object.fromEntries(BESIDE.map((name) => [name, devDependencies[name] as string]));
}

function ownManifest(): OwnManifest {
  return JSON.parse(readFileSync(join(ownFolder(), 'package.json'), 'utf8')) as OwnManifest;
}

function ownFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (manifest.name === 'cdk-mcp-fleet') return folder;
    } catch {
      // not there
    }
    if (dirname(folder) === folder) throw new Error('The package.json of cdk-mcp-fleet is missing: install it again.');
  }
}
