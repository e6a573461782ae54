import type { Resource, Template } from '../assembly/template';
import type { ContainerHint } from '../ecs/task-definition';

/** Classes of log groups in which CloudWatch looks for no metrics (CloudWatch Logs User Guide, "Log classes"). */
const METRICLESS = ['INFREQUENT_ACCESS', 'DELIVERY'];

/** A container of a task definition, as it stands in a template. */
interface LoggingContainer {
  readonly Name?: string;
  readonly LogConfiguration?: { readonly LogDriver?: unknown; readonly Options?: Readonly<Record<string, unknown>> };
}

/**
 * Which containers of a task definition write into a log group without metrics, by what the template says of the group. One that the
 * template does not make is taken for a group of the standard class.
 * @param hints what is known of the containers besides
 */
export function metriclessContainers(
  { Properties }: Resource,
  template: Pick<Template, 'Resources'> | undefined,
  hints: Readonly<Record<string, ContainerHint>>,
): Readonly<Record<string, ContainerHint>> {
  const declared = Properties?.ContainerDefinitions;
  const containers = (Array.isArray(declared) ? declared : []) as readonly LoggingContainer[];
  const found = containers.flatMap(({ Name, LogConfiguration }): [string, ContainerHint][] => {
    const group = (LogConfiguration?.Options?.['awslogs-group'] as { readonly Ref?: string } | undefined)?.Ref;
    const made = group === undefined ? undefined : template?.Resources[group]?.Properties?.LogGroupClass;
    return typeof Name === 'string' && METRICLESS.includes(String(made)) ? [[Name, { ...hints[Name], metricless: true }]] : [];
  });
  return Object.fromEntries(found);
}
