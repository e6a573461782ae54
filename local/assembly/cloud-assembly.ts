import { join, resolve } from 'node:path';
import { LocalAccountError } from '../account-error';
import { type Assets, readAssets } from './assets';
import { grantsFiles } from './grants';
import { type Manifest, type ManifestArtifact, type MissingContext, readManifest } from './manifest';
import { readTemplate, type Template } from './template';

/** One stack of a cloud assembly; a nested stack is one too. */
export interface Stack {
  /** Name of the CloudFormation stack. Unique: of two stacks of one name in two environments, the second goes by its artifact id. */
  readonly name: string;
  readonly template: Template;
  readonly region: string;
  readonly account: string;
  readonly assets: Assets;
  /** Content of its files of grants, by the logical ids of the resources that name them. */
  readonly grants: ReadonlyMap<string, unknown>;
  /** Where a nested stack stands in its parent. */
  readonly parent?: { readonly stack: Stack; readonly logicalId: string };
  /** Nested stacks by the logical id that they have here. */
  readonly nested: ReadonlyMap<string, Stack>;
}

/** The stack that is nested in no other one. */
export function rootOf(stack: Stack): Stack {
  return stack.parent === undefined ? stack : rootOf(stack.parent.stack);
}

export interface CloudAssembly {
  readonly folder: string;
  /** Stacks of all stages in an order in which each comes after those it depends on; a nested one follows its parent. */
  readonly stacks: readonly Stack[];
  /** What the app asked of an AWS account at synth and was not told: its templates hold dummy values instead. */
  readonly missing: readonly MissingContext[];
}

/** Region and account of a stack that names none; they appear in ARNs only. */
export const DEFAULT_REGION = 'us-east-1';
export const DEFAULT_ACCOUNT = '000000000000';

/**
 * Reads what `cdk synth` wrote.
 * @throws LocalAccountError when the folder is no cloud assembly, or holds no stack
 */
export function readCloudAssembly(folder: string): CloudAssembly {
  const root = resolve(folder);
  const names = new Set<string>();
  const stacks: Stack[] = [];
  const missing: MissingContext[] = [];
  for (const { root: at, manifest } of withStages(root)) {
    const artifacts = manifest.artifacts ?? {};
    missing.push(...(manifest.missing ?? []));
    for (const [id, artifact] of inDependencyOrder(artifacts)) stacks.push(...readStack(at, id, artifact, artifacts, names));
  }
  if (stacks.length === 0) throw new LocalAccountError('INVALID_ASSEMBLY', `The cloud assembly in ${root} holds no stack.`);
  return { folder: root, stacks, missing };
}

/** The manifest of a folder, and those of the stages in it, at any depth. */
function withStages(root: string): readonly { readonly root: string; readonly manifest: Manifest }[] {
  const manifest = readManifest(root);
  const stages = Object.entries(manifest.artifacts ?? {}).filter(([, { type }]) => type === 'cdk:cloud-assembly');
  const inside = stages.flatMap(([id, { properties }]) => withStages(join(root, properties?.directoryName ?? id)));
  return [{ root, manifest }, ...inside];
}

function inDependencyOrder(artifacts: Readonly<Record<string, ManifestArtifact>>): [string, ManifestArtifact][] {
  const ordered = new Map<string, ManifestArtifact>();
  const seen = new Set<string>();
  const visit = (id: string, artifact: ManifestArtifact): void => {
    if (seen.has(id) || artifact.type !== 'aws:cloudformation:stack') return;
    seen.add(id);
    for (const dependency of artifact.dependencies ?? []) {
      const target = artifacts[dependency];
      if (target) visit(dependency, target);
    }
    ordered.set(id, artifact);
  };
  for (const [id, artifact] of Object.entries(artifacts)) visit(id, artifact);
  return [...ordered];
}

/** A stack and the nested ones in it. */
function readStack(
  root: string,
  id: string,
  artifact: ManifestArtifact,
  artifacts: Readonly<Record<string, ManifestArtifact>>,
  names: Set<string>,
): Stack[] {
  const { templateFile, stackName = id } = artifact.properties ?? {};
  if (!templateFile) throw new LocalAccountError('INVALID_ASSEMBLY', `Stack ${id} in ${root}/manifest.json names no templateFile.`);
  const manifests = (artifact.dependencies ?? [])
    .map((dependency) => artifacts[dependency])
    .filter((dependency) => dependency?.type === 'cdk:asset-manifest')
    .map((dependency) => join(root, dependency?.properties?.file ?? ''));
  const place = { ...environmentOf(artifact.environment), assets: readAssets(root, manifests) };
  return withNested(names.has(stackName) ? id : stackName, join(root, templateFile), place, names);
}

type Place = Pick<Stack, 'account' | 'region' | 'assets' | 'parent'>;

function withNested(name: string, file: string, place: Place, names: Set<string>): Stack[] {
  names.add(name);
  return withInner(name, readTemplate(file), place, names);
}

/** A stack of a template that no assembly holds, and the nested ones in it. */
export function stackOf(name: string, template: Template, place: Pick<Stack, 'account' | 'region' | 'assets'>): readonly Stack[] {
  return withInner(name, template, place, new Set());
}

function withInner(name: string, own: Template, place: Place, names: Set<string>): Stack[] {
  const nested = new Map<string, Stack>();
  const stack: Stack = { name, template: own, ...place, grants: grantsFiles(own, place.assets), nested };
  const inside = Object.entries(stack.template.Resources).flatMap(([logicalId, { Type, Properties }]) => {
    const template =
      Type === 'AWS::CloudFormation::Stack' ? place.assets.fileNamedIn(JSON.stringify(Properties?.TemplateURL ?? '')) : undefined;
    if (template === undefined) return [];
    // CloudFormation names it so too, with a random end.
    const stacks = withNested(`${name}-${logicalId}`, template, { ...place, parent: { stack, logicalId } }, names);
    nested.set(logicalId, stacks[0] as Stack);
    return stacks;
  });
  return [stack, ...inside];
}

/** `aws://account/region`, with `unknown-account` and `unknown-region` for stacks without an environment. */
function environmentOf(environment: string | undefined): { account: string; region: string } {
  const [, account, region] = /^aws:\/\/([^/]+)\/([^/]+)$/.exec(environment ?? '') ?? [];
  return {
    account: account && account !== 'unknown-account' ? account : DEFAULT_ACCOUNT,
    region: region && region !== 'unknown-region' ? region : DEFAULT_REGION,
  };
}
