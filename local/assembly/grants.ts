import { readFileSync } from 'node:fs';
import { filledIn, GRANTS_RESOURCE, type GrantsDocument, type GrantsProperties } from '../../core/grants-document';
import type { CloudFormationTemplate, TemplateResource } from '../local-account';
import type { Assets } from './assets';
import type { Template } from './template';

/** Under this name a resource's metadata tells, among programs of this package, what stands in its file: no template has it. */
const CONTENT = 'cdk-mcp-fleet:grants';

/** A fleet's grants, where the template has them. */
export interface PlacedGrants {
  readonly id: string;
  readonly resource: TemplateResource;
  /** Undefined where nobody has the file. */
  readonly document: GrantsDocument | undefined;
}

interface TemplateAndGrants {
  readonly template: Template;
  readonly grants: ReadonlyMap<string, unknown>;
}

/** Content of the files of grants that a template names, by the logical ids of the resources; of those that are there. */
export function grantsFiles({ Resources }: Template, assets: Assets): ReadonlyMap<string, unknown> {
  const named = Object.entries(Resources).filter(([, { Type }]) => Type === GRANTS_RESOURCE);
  const read = named.map(([id, { Properties }]): [string, unknown] => [id, contentOf(assets.file(String(Properties?.Key)))]);
  return new Map(read.filter(([, content]) => content !== undefined));
}

function contentOf(path: string | undefined): unknown {
  if (path === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Whoever asks for it hears that it is not told.
    return undefined;
  }
}

/** A stack's template, with what {@link grantsIn} needs beside it. @param grants {@link grantsFiles} of it */
export function templateWithGrants({ template, grants }: TemplateAndGrants): Template {
  if (grants.size === 0) return template;
  const told = [...grants].map(([id, content]) => {
    const resource = template.Resources[id] as Template['Resources'][string];
    return [id, { ...resource, Metadata: { ...resource.Metadata, [CONTENT]: content } }];
  });
  return { ...template, Resources: { ...template.Resources, ...Object.fromEntries(told) } };
}

/**
 * What construct code grants in the fleets of a template; not judged, whatever version wrote it.
 * @param textOf says what stands for a value that only the deployment tells
 */
export function grantsIn({ Resources }: CloudFormationTemplate, textOf: (value: unknown) => unknown): readonly PlacedGrants[] {
  const found = Object.entries(Resources).filter(([, { Type }]) => Type === GRANTS_RESOURCE);
  return found.map(([id, resource]) => {
    const content = resource.Metadata?.[CONTENT];
    const { Values = [] } = (resource.Properties ?? {}) as Partial<GrantsProperties>;
    const document = content === undefined ? undefined : (filledIn(content, Values.map(textOf)) as GrantsDocument);
    return { id, resource, document };
  });
}
