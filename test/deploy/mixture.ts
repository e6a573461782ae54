import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What of a fleet is replaced by itself in a rolling update, each before or after the others. */
export const TIERS = ['gateway', 'servers', 'functions'] as const;
export type Tier = (typeof TIERS)[number];

interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly ContainerDefinitions?: readonly { readonly Name: string }[] };
}
interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}
interface Assets {
  readonly files: Readonly<Record<string, object>>;
  readonly dockerImages: Readonly<Record<string, object>>;
}

/**
 * Writes the assembly of an update that has come halfway: all is as in the later assembly, but some tiers still run what the former one has.
 * @param later the tiers that are replaced already
 * @param stack its name in both
 */
export function mixAssemblies(former: string, present: string, later: readonly Tier[], stack: string, outdir: string): void {
  // Assets are named by their content: what both have is the same.
  for (const folder of [former, present]) cpSync(folder, outdir, { recursive: true, verbatimSymlinks: true });
  const read = <Document>(folder: string, name: string): Document =>
    JSON.parse(readFileSync(join(folder, `${stack}.${name}.json`), 'utf8'));
  const [before, after] = [read<Template>(former, 'template'), read<Template>(present, 'template')];
  const resources = Object.entries(after.Resources).map(([id, resource]) => {
    const tier = tierOf(resource);
    const stays = tier !== undefined && !later.includes(tier);
    return [id, stays ? (before.Resources[id] ?? resource) : resource];
  });
  const template = JSON.stringify({ ...after, Resources: Object.fromEntries(resources) });
  writeFileSync(join(outdir, `${stack}.template.json`), template);

  const [oldAssets, newAssets] = [read<Assets>(former, 'assets'), read<Assets>(present, 'assets')];
  const assets = {
    ...newAssets,
    files: { ...oldAssets.files, ...newAssets.files },
    dockerImages: { ...oldAssets.dockerImages, ...newAssets.dockerImages },
  };
  // The template is an asset itself, and its name there is of what is in it.
  const hashOf = (folder: string): string =>
    createHash('sha256')
      .update(readFileSync(join(folder, `${stack}.template.json`)))
      .digest('hex');
  const [stale, fresh] = [hashOf(present), hashOf(outdir)];
  writeFileSync(join(outdir, `${stack}.assets.json`), JSON.stringify(assets).replaceAll(stale, fresh));
  const manifest = join(outdir, 'manifest.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replaceAll(stale, fresh));
}

function tierOf({ Type, Properties }: Resource): Tier | undefined {
  if (Type === 'AWS::Lambda::Function') return 'functions';
  if (Type !== 'AWS::ECS::TaskDefinition') return undefined;
  return Properties?.ContainerDefinitions?.some(({ Name }) => Name === 'gateway') ? 'gateway' : 'servers';
}
