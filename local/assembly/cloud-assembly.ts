import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LocalAccountError, unsupported } from '../account-error';
import { type Assets, readAssets } from './assets';
import type { Template } from './template';

/** One stack of a cloud assembly. */
export interface Stack {
  /** Name of the CloudFormation stack. */
  readonly name: string;
  readonly template: Template;
  readonly region: string;
  readonly account: string;
  readonly assets: Assets;
}

export interface CloudAssembly {
  readonly folder: string;
  /** Stacks in an order in which each comes after those it depends on. */
  readonly stacks: readonly Stack[];
}

/** The parts of `manifest.json` that are read here (cloud-assembly-schema 55). */
interface Manifest {
  readonly artifacts?: Readonly<Record<string, Artifact>>;
}

interface Artifact {
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

/** Region and account of a stack that names none; they appear in ARNs only. */
const DEFAULT_REGION = 'us-east-1';
const DEFAULT_ACCOUNT = '000000000000';

/**
 * Reads what `cdk synth` wrote.
 * @throws LocalAccountError when the folder is no cloud assembly, or holds stages
 */
export function readCloudAssembly(folder: string): CloudAssembly {
  const root = resolve(folder);
  const artifacts = readManifest(root).artifacts ?? {};
  const stages = Object.keys(artifacts).filter((id) => artifacts[id]?.type === 'cdk:cloud-assembly');
  if (stages.length > 0) {
    const folders = stages.map((id) => join(folder, artifacts[id]?.properties?.directoryName ?? id));
    throw unsupported([`stages (nested cloud assemblies): run one of them with --assembly, here ${folders.join(' or ')}`]);
  }
  const stacks = inDependencyOrder(artifacts).map(([id, artifact]) => readStack(root, id, artifact, artifacts));
  if (stacks.length === 0) throw new LocalAccountError('INVALID_ASSEMBLY', `The cloud assembly in ${root} holds no stack.`);
  return { folder: root, stacks };
}

function readManifest(root: string): Manifest {
  const path = join(root, 'manifest.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  } catch (cause) {
    const message = `${root} is not a cloud assembly: ${path} cannot be read as JSON. Write one with \`cdk synth -o ${root}\`.`;
    throw new LocalAccountError('INVALID_ASSEMBLY', message, { cause });
  }
}

function inDependencyOrder(artifacts: Readonly<Record<string, Artifact>>): [string, Artifact][] {
  const ordered = new Map<string, Artifact>();
  const visit = (id: string, artifact: Artifact): void => {
    if (ordered.has(id) || artifact.type !== 'aws:cloudformation:stack') return;
    for (const dependency of artifact.dependencies ?? []) {
      const target = artifacts[dependency];
      if (target) visit(dependency, target);
    }
    ordered.set(id, artifact);
  };
  for (const [id, artifact] of Object.entries(artifacts)) visit(id, artifact);
  return [...ordered];
}

function readStack(root: string, id: string, artifact: Artifact, artifacts: Readonly<Record<string, Artifact>>): Stack {
  const { templateFile, stackName } = artifact.properties ?? {};
  if (!templateFile) throw new LocalAccountError('INVALID_ASSEMBLY', `Stack ${id} in ${root}/manifest.json names no templateFile.`);
  const manifests = (artifact.dependencies ?? [])
    .map((dependency) => artifacts[dependency])
    .filter((dependency) => dependency?.type === 'cdk:asset-manifest')
    .map((dependency) => join(root, dependency?.properties?.file ?? ''));
  return {
    name: stackName ?? id,
    template: JSON.parse(readFileSync(join(root, templateFile), 'utf8')) as Template,
    ...environmentOf(artifact.environment),
    assets: readAssets(root, manifests),
  };
}

/** `aws://account/region`, with `unknown-account` and `unknown-region` for stacks without an environment. */
function environmentOf(environment: string | undefined): { account: string; region: string } {
  const [, account, region] = /^aws:\/\/([^/]+)\/([^/]+)$/.exec(environment ?? '') ?? [];
  return {
    account: account && account !== 'unknown-account' ? account : DEFAULT_ACCOUNT,
    region: region && region !== 'unknown-region' ? region : DEFAULT_REGION,
  };
}
