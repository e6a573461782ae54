import { FLEET_CONFIG_VARIABLE, SIDECAR_CONFIG_VARIABLE } from '../../core/fleet-config';
import type { CloudFormationTemplate, TemplateResource } from '../../local/local-account';

export type Templates = Readonly<Record<string, CloudFormationTemplate>>;

/** A service of an assembly, and the folders of this machine that its programs come from; those are relative to the app's. */
export interface ServiceSource {
  /** `Stack/LogicalId`. */
  readonly resource: string;
  /** Name of the server, or `gateway`; of a service that is neither, its address. */
  readonly name: string;
  /** Folders that its images are built from. */
  readonly builtFrom: readonly string[];
  /** What runs in place of an image. */
  readonly commands: readonly LocalCommand[];
}

export interface LocalCommand {
  readonly words: readonly string[];
  readonly directory?: string;
}

interface Hint {
  readonly command?: readonly string[];
  readonly directory?: string;
  readonly builtFrom?: string;
}

export function servicesOf(templates: Templates): readonly ServiceSource[] {
  return Object.entries(templates).flatMap(([stack, { Resources }]) =>
    Object.entries(Resources)
      .filter(([, { Type }]) => Type === 'AWS::ECS::Service')
      .map(([logicalId, { Properties }]) => {
        const reference = (Properties?.TaskDefinition ?? {}) as { Ref?: string };
        const resource = `${stack}/${logicalId}`;
        return { resource, ...sourceOf(Resources[reference.Ref ?? ''], resource) };
      }),
  );
}

function sourceOf(task: TemplateResource | undefined, resource: string): Omit<ServiceSource, 'resource'> {
  const hints = Object.values((task?.Metadata?.['cdk-mcp-fleet:containers'] ?? {}) as Record<string, Hint>);
  return {
    name: nameOf(task) ?? resource,
    builtFrom: hints.flatMap(({ builtFrom }) => builtFrom ?? []),
    commands: hints.flatMap(({ command, directory }) =>
      command === undefined ? [] : [{ words: command, ...(directory !== undefined && { directory }) }],
    ),
  };
}

/** As the configuration of a sidecar or a gateway tells it; part of it may be known at deployment only. */
function nameOf(task: TemplateResource | undefined): string | undefined {
  const containers = (task?.Properties?.ContainerDefinitions ?? []) as { Environment?: { Name: string; Value: unknown }[] }[];
  const variables = containers.flatMap(({ Environment = [] }) => Environment);
  if (variables.some(({ Name }) => Name === FLEET_CONFIG_VARIABLE)) return 'gateway';
  const config = variables.find(({ Name }) => Name === SIDECAR_CONFIG_VARIABLE)?.Value;
  return /"server":"([^"]+)"/.exec(textIn(config))?.[1];
}

/** The literal parts of a value, one after the other. */
function textIn(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? Object.values(value).map(textIn).join('') : '';
}
