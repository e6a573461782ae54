import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

/** The assets of one stack, found by what the template says of them. */
export interface Assets {
  /** Path of a file asset (a folder, or a file such as a zip), by object key; undefined when the key is no asset. */
  file(objectKey: string): string | undefined;
  /** Path of the file asset whose object key stands in a text, such as a template's URL with intrinsic functions in it. */
  fileNamedIn(text: string): string | undefined;
  /** An image asset, by the image URI of a container; undefined when the URI is no asset. */
  image(uri: string): ImageAsset | undefined;
}

export interface ImageAsset {
  /** Hash by which the asset goes. */
  readonly id: string;
  /** Folder that is the build context; as a rule a copy that CDK has staged, which nobody knows. */
  readonly folder: string;
  /** The user's own folder; the assembly tells it only where nothing was staged. */
  readonly source?: string;
  /** Path of the Dockerfile inside the folder. */
  readonly dockerfile: string;
  readonly buildArguments: Readonly<Record<string, string>>;
  /** Stage that is the image; the last one when absent. */
  readonly target?: string;
}

/** The parts of an asset manifest that are read here. */
interface AssetManifest {
  readonly files?: Readonly<Record<string, { source: { path?: string }; destinations: Record<string, { objectKey: string }> }>>;
  readonly dockerImages?: Readonly<
    Record<
      string,
      {
        source: { directory?: string; dockerFile?: string; dockerBuildArgs?: Record<string, string>; dockerBuildTarget?: string };
        destinations: Record<string, { repositoryName: string; imageTag: string }>;
      }
    >
  >;
}

/** How CDK names a copy. */
const STAGED = /^asset\.[0-9a-f]{32,}$/;

export function readAssets(root: string, manifestPaths: readonly string[]): Assets {
  const files = new Map<string, string>();
  const images: { repository: string; tag: string; asset: ImageAsset }[] = [];
  for (const path of manifestPaths) {
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as AssetManifest;
    for (const { source, destinations } of Object.values(manifest.files ?? {})) {
      if (source.path === undefined) continue;
      for (const { objectKey } of Object.values(destinations)) files.set(objectKey, resolve(root, source.path));
    }
    for (const [id, { source, destinations }] of Object.entries(manifest.dockerImages ?? {})) {
      if (source.directory === undefined) continue;
      const folder = resolve(root, source.directory);
      const asset = {
        id,
        folder,
        ...(!STAGED.test(basename(folder)) && { source: folder }),
        dockerfile: source.dockerFile ?? 'Dockerfile',
        buildArguments: source.dockerBuildArgs ?? {},
        ...(source.dockerBuildTarget !== undefined && { target: source.dockerBuildTarget }),
      };
      for (const { repositoryName, imageTag } of Object.values(destinations)) {
        images.push({ repository: withoutPlaceholders(repositoryName), tag: imageTag, asset });
      }
    }
  }
  return {
    file: (objectKey) => files.get(objectKey),
    fileNamedIn: (text) => [...files].find(([objectKey]) => text.includes(objectKey))?.[1],
    image: (uri) => images.find(({ repository, tag }) => uri.endsWith(`:${tag}`) && uri.includes(`/${repository}`))?.asset,
  };
}

/** `cdk-…-${AWS::AccountId}-${AWS::Region}` in a manifest is filled in at deployment; what stands before it is enough to compare. */
function withoutPlaceholders(name: string): string {
  return name.split('${')[0] ?? name;
}
