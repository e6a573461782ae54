import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalAccountError } from '../account-error';

/** The parts of `manifest.json` that are read here (cloud-assembly-schema 55). */
export interface Manifest {
  readonly artifacts?: Readonly<Record<string, ManifestArtifact>>;
  readonly missing?: readonly MissingContext[];
}

export interface ManifestArtifact {
  readonly type: string;
  readonly environment?: string;
  readonly dependencies?: readonly string[];
  readonly properties?: {
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly file?: string;
    readonly directoryName?: string;
  };
}

/** One look-up that nobody answered. */
export interface MissingContext {
  readonly key: string;
  readonly provider: string;
  /** `dummyValue` is what the templates hold in its place, where the app chose one. */
  readonly props: { readonly dummyValue?: unknown };
}

/** @throws LocalAccountError when the folder is no cloud assembly */
export function readManifest(root: string): Manifest {
  const path = join(root, 'manifest.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  } catch (cause) {
    const message = `${root} is not a cloud assembly: ${path} cannot be read as JSON. Write one with \`cdk synth -o ${root}\`.`;
    throw new LocalAccountError('INVALID_ASSEMBLY', message, { cause });
  }
}
