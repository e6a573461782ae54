import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { DockerImageAsset } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';
import { baseImage, bundleFolder } from './bundles';
import { LOCK_FILE } from './npm-lock';
import type { HttpRuntimeProps, StdioRuntimeProps } from './server-runtime';

/** An npm package as the template's metadata names it, for the local account. */
export interface NpmOrigin {
  readonly package: string;
  readonly version: string;
  readonly bin: string;
}

/** Image of an HTTP server's container. */
export function httpServerImage(scope: Construct, runtime: HttpRuntimeProps, platform: Platform): ecs.ContainerImage {
  if (runtime.image !== undefined) return runtime.image;
  if (runtime.directory !== undefined) return ecs.ContainerImage.fromAsset(runtime.directory, { platform });
  const npm = npmOrigin(runtime);
  if (npm === undefined) throw new Error(`${scope.node.path}: an HTTP runtime names an image, a package or a directory`);
  return imageFrom(scope, platform, (folder) => {
    writeDockerfile(folder, [...installing(folder, npm, runtime.lockFile), 'USER node', `ENTRYPOINT ${JSON.stringify([npm.bin])}`]);
  });
}

/** The sidecar, and what it makes a certificate with where it is asked to. */
const SIDECAR_FILES = ['index.js', 'certificate.js'];

/** Image of a stdio server's container: the sidecar, and beside it the program that it runs as children. */
export function stdioServerImage(scope: Construct, runtime: StdioRuntimeProps, platform: Platform): ecs.ContainerImage {
  const npm = npmOrigin(runtime);
  const { directory } = runtime;
  return imageFrom(scope, platform, (folder) => {
    for (const file of SIDECAR_FILES) cpSync(join(bundleFolder('sidecar'), file), join(folder, file));
    if (directory !== undefined) cpSync(directory, join(folder, 'server'), { recursive: true });
    writeDockerfile(folder, [
      ...(npm === undefined ? ['COPY server ./server'] : installing(folder, npm, runtime.lockFile)),
      `COPY ${SIDECAR_FILES.join(' ')} ./`,
      // Whoever starts it otherwise is told that its task definition has it run as root.
      'USER node',
      'ENTRYPOINT ["node","index.js"]',
    ]);
  });
}

/** Command that starts one child of a stdio server; an executable of a package is found on the image's PATH. */
export function stdioCommand(runtime: StdioRuntimeProps): string[] {
  const npm = npmOrigin(runtime);
  return [...(runtime.command ?? [...(npm === undefined ? [] : [npm.bin]), ...(runtime.args ?? [])])];
}

/** The npm package of a runtime, with the executable's name that npm itself assumes: the package's without its scope. */
export function npmOrigin({ package: name, version, bin }: HttpRuntimeProps | StdioRuntimeProps): NpmOrigin | undefined {
  if (name === undefined || version === undefined) return undefined;
  return { package: name, version, bin: bin ?? name.replace(/^@[^/]*\//, '') };
}

/** Install scripts stay off: what a package runs at install time is no part of what was pinned. */
const NPM_OPTIONS = '--omit=dev --ignore-scripts --no-audit --no-fund';

/** Lays out what npm reads, and says how it installs: what is locked, where it is, and nothing else. */
function installing(folder: string, npm: NpmOrigin, lockFile: string | undefined): readonly string[] {
  const manifest = { private: true, dependencies: { [npm.package]: npm.version } };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  if (lockFile !== undefined) cpSync(lockFile, join(folder, LOCK_FILE));
  return [
    lockFile === undefined ? 'COPY package.json ./' : `COPY package.json ${LOCK_FILE} ./`,
    `RUN npm ${lockFile === undefined ? 'install' : 'ci'} ${NPM_OPTIONS}`,
    'ENV PATH=/app/node_modules/.bin:$PATH',
  ];
}

function writeDockerfile(folder: string, lines: readonly string[]): void {
  writeFileSync(join(folder, 'Dockerfile'), `${[`FROM ${baseImage()}`, 'WORKDIR /app', ...lines].join('\n')}\n`);
}

/** Stages a folder written at synth as an image asset; its hash depends on contents only, so two synths agree. */
function imageFrom(scope: Construct, platform: Platform, write: (folder: string) => void): ecs.ContainerImage {
  const folder = mkdtempSync(join(tmpdir(), 'cdk-mcp-fleet-'));
  write(folder);
  const asset = new DockerImageAsset(scope, 'Image', { directory: folder, platform });
  // Staging has copied the folder into the assembly, unless it is switched off (`--no-staging`).
  if (!scope.node.tryGetContext(DISABLE_ASSET_STAGING_CONTEXT)) rmSync(folder, { recursive: true });
  return ecs.ContainerImage.fromDockerImageAsset(asset);
}
