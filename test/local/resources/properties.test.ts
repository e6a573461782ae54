import { describe, expect, test } from '@jest/globals';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as events from 'aws-cdk-lib/aws-events';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secrets from 'aws-cdk-lib/aws-secretsmanager';
import { refusedProperties } from '../../../local/resources/provisioner';
import { provisionerOf, SUPPORTED_TYPES } from '../../../local/resources/registry';

/**
 * Every property of every type that runs is honoured, or means nothing on one machine, or is refused by name. The refused ones
 * stand here, each a decision: they change where calls go, who may make them, or what is stored. A property that a newer CDK
 * brings fails this test until somebody has decided.
 */
// biome-ignore format: one line per type reads as the table it is
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApiGateway::RestApi': ['apiKeySourceType', 'body', 'bodyS3Location', 'cloneFrom', 'minimumCompressionSize', 'mode', 'parameters', 'policy'],
  'AWS::ApiGateway::Method': ['apiKeyRequired', 'authorizationScopes', 'methodResponses', 'requestModels', 'requestValidatorId'],
  'AWS::ApiGateway::Authorizer': ['identityValidationExpression', 'providerArns'],
  'AWS::ApiGateway::Deployment': ['deploymentCanarySettings', 'stageDescription', 'stageName'],
  'AWS::ApiGateway::Stage': ['cacheClusterEnabled', 'cacheClusterSize', 'canarySetting', 'clientCertificateId', 'variables'],
  'AWS::SecretsManager::RotationSchedule': ['externalSecretRotationMetadata', 'externalSecretRotationRoleArn', 'hostedRotationLambda'],
  'AWS::DynamoDB::GlobalTable': ['globalTableSourceArn', 'tableType', 'vectorIndexes'],
  'AWS::DynamoDB::Table': ['importSourceSpecification', 'vectorIndexes'],
  'AWS::Events::Rule': ['eventBusName', 'eventPattern'],
  'AWS::Lambda::Function': ['capacityProviderConfig', 'deadLetterConfig', 'durableConfig', 'fileSystemConfigs', 'functionScalingConfig', 'imageConfig', 'layers', 'packageType', 'publishToLatestPublished', 'tenancyConfig'],
  'AWS::Lambda::EventSourceMapping': ['amazonManagedKafkaEventSourceConfig', 'documentDbEventSourceConfig', 'filterCriteria', 'queues', 'scalingConfig', 'selfManagedEventSource', 'selfManagedKafkaEventSourceConfig', 'sourceAccessConfigurations', 'startingPositionTimestamp', 'topics', 'tumblingWindowInSeconds'],
  'AWS::S3::Bucket': ['bucketNamePrefix', 'bucketNamespace', 'notificationConfiguration', 'replicationConfiguration', 'websiteConfiguration'],
  'AWS::ElasticLoadBalancingV2::Listener': ['mutualAuthentication'],
  'AWS::ElasticLoadBalancingV2::ListenerRule': ['transforms'],
  'AWS::ElasticLoadBalancingV2::TargetGroup': ['targetControlPort', 'targets'],
  'AWS::ECS::TaskDefinition': ['inferenceAccelerators', 'ipcMode', 'pidMode', 'placementConstraints', 'proxyConfiguration', 'volumes'],
  'AWS::ECS::Service': ['gatewayConnectors', 'serviceConnectConfiguration', 'serviceRegistries', 'volumeConfigurations', 'vpcLatticeConfigurations'],
};

/** All properties of a type, in the CDK's own spelling. */
function propertiesOf(type: string): string[] {
  const modules: Record<string, Record<string, unknown>> = {
    ApiGateway: apigateway,
    CloudWatch: cloudwatch,
    DynamoDB: dynamodb,
    ECS: ecs,
    Events: events,
    ElasticLoadBalancingV2: elb,
    Lambda: lambda,
    S3: s3,
    SecretsManager: secrets,
    ApplicationAutoScaling: scaling,
  };
  const [, service = '', kind = ''] = type.split('::');
  const L1 = modules[service]?.[`Cfn${kind}`] as { prototype: object };
  // The getter names every property of an instance, also those that nobody has set.
  const anything = new Proxy({}, { get: () => ({ renderTags: () => undefined }) });
  return Object.keys(Reflect.get(L1.prototype, 'cfnProperties', anything) as object);
}

describe.each(SUPPORTED_TYPES.filter((type) => type !== 'AWS::CloudFormation::CustomResource'))('%s', (type) => {
  const provisioner = provisionerOf(type);

  test('has a decision for each property', () => {
    const properties = propertiesOf(type);
    expect(properties.length).toBeGreaterThan(0);
    const spelling = new Map(
      [...(provisioner?.honours ?? []), ...(provisioner?.ignores ?? []), 'Tags', 'Description'].map((name) => [name.toLowerCase(), name]),
    );
    const refused = properties.filter((property) => {
      const name = spelling.get(property.toLowerCase()) ?? property;
      return provisioner && refusedProperties(provisioner, { [name]: 1 }).length > 0;
    });
    expect(refused.sort()).toEqual([...(REFUSED[type] ?? [])].sort());
  });

  test('names no property that the type has not', () => {
    const alike = SUPPORTED_TYPES.filter((other) => provisionerOf(other) === provisioner);
    const known = alike.flatMap(propertiesOf).map((property) => property.toLowerCase());
    const named = [...(provisioner?.honours ?? []), ...(provisioner?.ignores ?? [])];
    expect(named.filter((name) => !known.includes(name.toLowerCase()))).toEqual([]);
  });

  test('is not refused for its tags', () => {
    expect(provisioner && refusedProperties(provisioner, { Tags: [{ Key: 'team', Value: 'payments' }] })).toEqual([]);
  });
});

/** The compiler wants a decision for each member that the CDK knows. */
// biome-ignore format: one line per decision
const CONTAINER: Readonly<Record<Capitalize<keyof ecs.CfnTaskDefinition.ContainerDefinitionProperty>, 'read' | 'meaningless' | 'refused'>> = {
  Command: 'read', DependsOn: 'read', EntryPoint: 'read', Environment: 'read', Essential: 'read', HealthCheck: 'read', Image: 'read', Name: 'read',
  PortMappings: 'read', Secrets: 'read', StopTimeout: 'read', WorkingDirectory: 'read',
  CredentialSpecs: 'refused', EnvironmentFiles: 'refused', ExtraHosts: 'refused', FirelensConfiguration: 'refused', Links: 'refused', MountPoints: 'refused',
  VolumesFrom: 'refused',
  Cpu: 'meaningless', DisableNetworking: 'meaningless', DnsSearchDomains: 'meaningless', DnsServers: 'meaningless', DockerLabels: 'meaningless',
  DockerSecurityOptions: 'meaningless', Hostname: 'meaningless', Interactive: 'meaningless', LinuxParameters: 'meaningless', LogConfiguration: 'meaningless',
  Memory: 'meaningless', MemoryReservation: 'meaningless', Privileged: 'meaningless', PseudoTerminal: 'meaningless', ReadonlyRootFilesystem: 'meaningless',
  RepositoryCredentials: 'meaningless', ResourceRequirements: 'meaningless', RestartPolicy: 'meaningless', StartTimeout: 'meaningless',
  SystemControls: 'meaningless', Ulimits: 'meaningless', User: 'meaningless', VersionConsistency: 'meaningless',
};

test.each(Object.entries(CONTAINER))('%s of a container is %s', (member, decision) => {
  const taskDefinition = provisionerOf('AWS::ECS::TaskDefinition');
  const ContainerDefinitions = [{ Name: 'app', [member]: [{}] }];
  const refused = taskDefinition?.problems?.({ ContainerDefinitions }, 'Shop/Task');
  expect(refused).toEqual(decision === 'refused' ? [`the property ${member} of container app of Shop/Task`] : []);
  const read = taskDefinition?.reads?.({ ContainerDefinitions }, { Type: 'AWS::ECS::TaskDefinition' });
  expect(Object.hasOwn(read.ContainerDefinitions[0], member)).toBe(decision === 'read');
  expect(taskDefinition?.problems?.({ ContainerDefinitions: [{ Name: 'app', [member]: [] }] }, 'Shop/Task')).toEqual([]);
});
