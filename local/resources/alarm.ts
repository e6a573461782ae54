import { METRIC_NAMESPACE } from '../../core/metrics';
import { addressText } from '../assembly/template';
import type { Machinery } from '../machinery';
import { queryOf } from '../scaling/metrics-query';
import { type AlarmProperties, isWatched } from '../scaling/policy-properties';
import { CERTIFICATE_METRICS, certificateName } from '../tls/certificates';
import { createInert } from './inert';
import type { Created, Provisioner, ResourceRequest } from './provisioner';

/** Watches a metric that programs of the account write, and calls scaling policies; any other alarm is a name. Nobody is woken. */
export const alarm: Provisioner<AlarmProperties> = {
  phase: 'services',
  noun: ['alarm', 'alarms'],
  honours: [
    'AlarmName',
    'AlarmDescription',
    'Namespace',
    'MetricName',
    'Dimensions',
    'Statistic',
    'Period',
    'EvaluationPeriods',
    'DatapointsToAlarm',
    'Threshold',
    'ComparisonOperator',
    'TreatMissingData',
    'Metrics',
  ],
  ignores: [
    'ActionConfiguration',
    'ActionsEnabled',
    'AlarmActions',
    'OKActions',
    'InsufficientDataActions',
    'EvaluateLowSampleCountPercentile',
    'EvaluationCriteria',
    'EvaluationInterval',
    'EvaluationWindow',
    'ExtendedStatistic',
    'ThresholdMetricId',
    'Unit',
    'WarmUpConfiguration',
  ],
  reads: (properties) => (isWatchedHere(properties) ? withoutCertificate(properties) : ({} as AlarmProperties)),
  create: async (request, machinery) => put(request, machinery),
  update: async (request, _, machinery) => put(request, machinery),
  delete: async ({ path }, { scaling }) => scaling.removeAlarm(path),
};

function put(request: ResourceRequest<AlarmProperties>, { scaling }: Machinery): Created {
  const { path, generatedName } = request;
  const properties = { ...request.properties, ...ofCertificate(request) };
  if (isWatchedHere(properties)) scaling.putAlarm(path, properties, properties.AlarmName ?? generatedName, policiesCalledBy(request));
  else scaling.removeAlarm(path);
  return createInert({ ...request, properties: { ...properties } });
}

/** A certificate is known by the words of the template: what nobody but AWS can tell is not asked for. */
function withoutCertificate({ Dimensions, ...properties }: AlarmProperties): AlarmProperties {
  return properties.Namespace === CERTIFICATE_METRICS.namespace ? properties : { ...properties, ...(Dimensions && { Dimensions }) };
}

function ofCertificate({ properties, resource, stack }: ResourceRequest<AlarmProperties>): Pick<AlarmProperties, 'Dimensions'> {
  if (properties.Namespace !== CERTIFICATE_METRICS.namespace) return {};
  const said = (resource.Properties?.Dimensions ?? []) as readonly { readonly Name: string; readonly Value: unknown }[];
  return { Dimensions: said.map(({ Name, Value }) => ({ Name, Value: certificateName(Value, stack) })) };
}

function isWatchedHere(properties: AlarmProperties): boolean {
  return isWatched(properties) || queryOf(properties)?.namespace === METRIC_NAMESPACE;
}

/** By the template, for an action may as well be a topic, which is nothing here. */
function policiesCalledBy({ resource, stack }: ResourceRequest<AlarmProperties>): readonly string[] {
  const actions = (resource.Properties?.AlarmActions ?? []) as readonly { readonly Ref?: string }[];
  return actions.flatMap(({ Ref: logicalId }) => {
    if (logicalId === undefined) return [];
    const type = stack.template.Resources[logicalId]?.Type;
    return type === 'AWS::ApplicationAutoScaling::ScalingPolicy' ? [addressText({ stack: stack.name, logicalId })] : [];
  });
}
