import { containersOf, documentIn, type Located, referencesIn, resourcesOf } from '../../checks/template';
import { FLEET_CONFIG_VARIABLE, SIDECAR_CONFIG_VARIABLE } from '../../core/fleet-config';
import type { DeployedPlace } from './place';

/** An ECS service of a fleet. */
export interface DeployedService {
  readonly role: 'gateway' | 'server';
  /** Name of the server; absent for the gateway. */
  readonly server?: string;
  /** ARN. */
  readonly arn: string;
  /** Names of the log groups of its containers: what is no program of the fleet's writes into one of its own. */
  readonly logGroups: readonly string[];
}

type Stacked = Pick<DeployedPlace, 'fleet' | 'stack'>;

/** The services of a fleet, by what their containers are told. */
export async function deployedServices({ fleet, stack }: Stacked): Promise<readonly DeployedService[]> {
  const templates = { templates: { [stack.name]: await stack.template() } };
  const ids = await stack.physicalIds();
  const containers = containersOf(templates);
  return resourcesOf(templates, 'AWS::ECS::Service').flatMap(({ id, resource }): DeployedService[] => {
    const [definition] = referencesIn(resource.Properties?.TaskDefinition);
    const own = containers.filter((container) => container.id === definition);
    const said = (variable: string) =>
      own
        .map(({ environment }) => documentIn<{ fleet?: string; server?: string }>(environment, variable))
        .find((config) => config?.fleet === fleet);
    const sidecar = said(SIDECAR_CONFIG_VARIABLE);
    const arn = ids.get(id);
    if (arn === undefined || (sidecar === undefined && said(FLEET_CONFIG_VARIABLE) === undefined)) return [];
    const logGroups = [...new Set(own.flatMap((container) => groupNameIn(logGroupOf(container), ids) ?? []))];
    const who = sidecar === undefined ? { role: 'gateway' as const } : { role: 'server' as const, server: sidecar.server as string };
    return [{ ...who, arn, logGroups }];
  });
}

/** A function of a fleet. */
export interface DeployedFunction {
  readonly name: string;
  readonly logGroup: string;
}

/** The functions under the fleet's construct; where the template tells no paths, all of its stack. */
export async function deployedFunctions({ fleet, stack }: Stacked): Promise<readonly DeployedFunction[]> {
  const template = await stack.template();
  const ids = await stack.physicalIds();
  const { fleets } = (template.Metadata?.['cdk-mcp-fleet'] ?? {}) as { fleets?: Readonly<Record<string, { readonly path?: string }>> };
  const path = fleets?.[fleet]?.path;
  const isOwn = ({ resource }: Located): boolean => {
    const at = resource.Metadata?.['aws:cdk:path'];
    return path === undefined || typeof at !== 'string' || at.startsWith(`${path}/`);
  };
  return resourcesOf({ templates: { [stack.name]: template } }, 'AWS::Lambda::Function')
    .filter(isOwn)
    .flatMap(({ id, resource }) => {
      const name = ids.get(id);
      if (name === undefined) return [];
      const { LogGroup } = (resource.Properties?.LoggingConfig ?? {}) as { readonly LogGroup?: unknown };
      return [{ name, logGroup: groupNameIn(LogGroup, ids) ?? `/aws/lambda/${name}` }];
    });
}

function logGroupOf({ name, resource }: Located & { readonly name: string }): unknown {
  const definitions = (resource.Properties?.ContainerDefinitions ?? []) as readonly Readonly<Record<string, unknown>>[];
  const { LogConfiguration } = definitions.find(({ Name }) => Name === name) ?? {};
  const { Options } = (LogConfiguration ?? {}) as { readonly Options?: Readonly<Record<string, unknown>> };
  return Options?.['awslogs-group'];
}

/** One of the stack, or one that was there already under a name that is known at synth. */
function groupNameIn(value: unknown, ids: ReadonlyMap<string, string>): string | undefined {
  return typeof value === 'string' ? value : ids.get(referencesIn(value)[0] ?? '');
}
