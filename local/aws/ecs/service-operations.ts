import type { DeploymentChange, Service } from '../../ecs/service';
import type { Machinery } from '../../machinery';
import { changedDeploymentConfiguration } from '../../resources/deployment-configuration';
import { refusedProperties } from '../../resources/provisioner';
import { service as template } from '../../resources/service';
import { AwsError, notImplemented } from '../aws-error';
import { type JsonOperations, type JsonRequest, listOf, requiredText, structureOf, textOf } from '../json-service';
import type { IsNameOnly } from '../name-only';
import { page } from '../pages';
import { clusterOf } from './cluster';
import { describeNamedService, describeService } from './descriptions';
import { capitalized } from './member-names';

const MOST_DESCRIBED = 10;
/** What only its stack changes: how tasks are reached, and who replaces them. */
const OF_THE_STACK = ['LoadBalancers', 'DeploymentController'];

export function serviceOperations({ services, taskDefinitions, ecs }: Machinery, isNameOnly: IsNameOnly): JsonOperations {
  const find = (cluster: string, id: string): Service | undefined =>
    services.get(id) ?? [...services.values()].find(({ settings }) => settings.cluster === cluster && settings.name === id);
  return {
    ListServices: (request) => {
      const cluster = clusterOf(request);
      const own = [...services.values()].filter(({ settings }) => settings.cluster === cluster);
      const list = JSON.stringify(['ListServices', cluster]);
      const { items, nextToken } = page(own, ({ settings }) => settings.arn, { list, token: textOf(request, 'nextToken') });
      return { serviceArns: items.map(({ settings }) => settings.arn), nextToken };
    },
    DescribeServices: (request) => {
      const ids = listOf(request, 'services').map(String);
      if (ids.length > MOST_DESCRIBED) throw new AwsError('InvalidParameterException', `Services has a maximum of ${MOST_DESCRIBED}.`);
      const cluster = clusterOf(request);
      const found = ids.map((id) => ({ id, said: saidOf(id, cluster) }));
      return {
        services: found.flatMap(({ said }) => said ?? []),
        failures: found.flatMap(({ id, said }) => (said ? [] : [{ arn: arnOf(id, cluster), reason: 'MISSING' }])),
      };
    },
    // Begins, as in AWS: how it goes on, deployments and events tell. Only its stack takes it back.
    UpdateService: (request) => {
      const [id, cluster] = [requiredText(request, 'service'), clusterOf(request)];
      const service = find(cluster, id);
      const named = service ? undefined : saidOf(id, cluster);
      if (named) return { service: named };
      if (service === undefined) throw new AwsError('ServiceNotFoundException', 'Service not found.');
      const definition = definitionOf(request);
      const change = { ...changeOf(service, request), ...(definition && { definition }) };
      const refusal = service.refusalOf(change);
      if (refusal !== undefined) throw new AwsError('InvalidParameterException', refusal);
      service.deploy(change).catch(() => {});
      return { service: describeService(service, ecs) };
    },
  };

  function saidOf(id: string, cluster: string): object | undefined {
    const service = find(cluster, id);
    if (service) return describeService(service, ecs);
    return isNameOnly('AWS::ECS::Service', id) ? describeNamedService(arnOf(id, cluster), ecs) : undefined;
  }

  function arnOf(id: string, cluster: string): string {
    return id.startsWith('arn:') ? id : `arn:aws:ecs:${ecs.region}:${ecs.account}:service/${cluster}/${id}`;
  }

  function definitionOf(request: JsonRequest): DeploymentChange['definition'] {
    const id = textOf(request, 'taskDefinition');
    const found = id === undefined ? undefined : taskDefinitions.find(id);
    if (id === undefined || found) return found;
    throw new AwsError('ClientException', 'TaskDefinition not found.');
  }
}

/** What UpdateService says, beside the task definition. */
function changeOf({ settings }: Service, request: JsonRequest): DeploymentChange {
  const { Service: _, ...properties } = capitalized(request) as JsonRequest;
  const refused = [...refusedProperties(template, properties), ...OF_THE_STACK];
  const problem = refused.find((name) => (properties[name] ?? undefined) !== undefined);
  if (problem !== undefined) throw notImplemented(`${problem} of ecs:UpdateService`);
  const configuration = structureOf(properties, 'DeploymentConfiguration');
  const desiredCount = countOf(request, 'desiredCount');
  const gracePeriodSeconds = countOf(request, 'healthCheckGracePeriodSeconds');
  return {
    forceNewDeployment: request.forceNewDeployment === true,
    ...(desiredCount !== undefined && { desiredCount }),
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(configuration && {
      deploymentConfiguration: changedDeploymentConfiguration(settings.deploymentConfiguration, configuration, settings.name),
    }),
  };
}

function countOf(request: JsonRequest, name: string): number | undefined {
  const value = request[name] ?? undefined;
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= 0)) return value;
  throw new AwsError('InvalidParameterException', `${name} is no number from 0 on.`);
}
