import { describe, expect, test } from '@jest/globals';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import { DEFAULT_CIRCUIT_BREAKER } from '../../../local/ecs/deployment-configuration';
import type { Machinery } from '../../../local/machinery';
import { type DeploymentConfigurationProperties, forcesNewDeployment } from '../../../local/resources/deployment-configuration';
import { readDeployed, type ServiceProperties, service } from '../../../local/resources/service';

const machinery = { taskDefinitions: new Map([['task', {}]]), targetGroups: new Map() } as unknown as Machinery;
const read = (DeploymentConfiguration: DeploymentConfigurationProperties | undefined, more: Partial<ServiceProperties> = {}) =>
  readDeployed({ TaskDefinition: 'task', ...(DeploymentConfiguration && { DeploymentConfiguration }), ...more }, 'Shop/Service', machinery)
    .deploymentConfiguration;

/** The compiler wants a decision for each member that the CDK knows. */
// biome-ignore format: one line per decision
const CONFIGURATION: Readonly<Record<Capitalize<keyof ecs.CfnService.DeploymentConfigurationProperty>, 'read' | 'meaningless' | 'refused'>> = {
  DeploymentCircuitBreaker: 'read', MaximumPercent: 'read', MinimumHealthyPercent: 'read', Strategy: 'read',
  Alarms: 'meaningless', BakeTimeInMinutes: 'meaningless',
  CanaryConfiguration: 'refused', EarlySuccessCriteria: 'refused', LifecycleHooks: 'refused', LinearConfiguration: 'refused',
};

test.each(Object.entries(CONFIGURATION))('%s of a deployment configuration is %s', (member, decision) => {
  const properties = { TaskDefinition: 'task', DeploymentConfiguration: { [member]: [{}] } };
  const refused = service.problems?.(properties, 'Shop/Service');
  expect(refused).toEqual(decision === 'refused' ? [`the property DeploymentConfiguration/${member} of Shop/Service`] : []);
  const reads = service.reads?.(properties, { Type: 'AWS::ECS::Service' });
  expect(Object.keys(reads?.DeploymentConfiguration ?? {})).toEqual(decision === 'read' ? [member] : []);
  expect(service.problems?.({ TaskDefinition: 'task', DeploymentConfiguration: { [member]: [] } }, 'Shop/Service')).toEqual([]);
});

describe('a service', () => {
  test('is deployed as ECS does it where it says nothing', () => {
    expect(read(undefined)).toEqual({ minimumHealthyPercent: 100, maximumPercent: 200 });
    expect(read({ DeploymentCircuitBreaker: { Enable: false, Rollback: true } })).toEqual({
      minimumHealthyPercent: 100,
      maximumPercent: 200,
    });
  });

  test('is deployed as it says, also in the texts of a template', () => {
    const text = { Enable: 'true', Rollback: 'true', ResetOnHealthyTask: 'false' };
    expect(read({ MinimumHealthyPercent: 50, MaximumPercent: 150, Strategy: 'ROLLING', DeploymentCircuitBreaker: text })).toEqual({
      minimumHealthyPercent: 50,
      maximumPercent: 150,
      circuitBreaker: { ...DEFAULT_CIRCUIT_BREAKER, rollback: true, resetOnHealthyTask: false },
    });
    const ThresholdConfiguration = { Type: 'COUNT', Value: 5 } as const;
    expect(read({ DeploymentCircuitBreaker: { Enable: true, Rollback: false, ThresholdConfiguration } })?.circuitBreaker).toEqual({
      ...DEFAULT_CIRCUIT_BREAKER,
      threshold: { type: 'COUNT', value: 5 },
    });
  });

  test.each([
    [{ DeploymentConfiguration: { Strategy: 'BLUE_GREEN' } }, 'the deployment strategy BLUE_GREEN of Shop/Service; it has ROLLING'],
    [{ DeploymentController: { Type: 'CODE_DEPLOY' } }, 'the deployment controller CODE_DEPLOY of Shop/Service; it has ECS'],
  ])('%j is refused, before the start and when a parameter tells it', (properties, problem) => {
    expect(service.problems?.({ TaskDefinition: 'task', ...properties }, 'Shop/Service')).toEqual([problem]);
    expect(() => read(undefined, properties)).toThrow(problem);
  });

  test('whose configuration a parameter tells is judged when that is known', () => {
    const properties = { TaskDefinition: 'task', DeploymentConfiguration: { 'Fn::If': ['Careful', {}, {}] } } as ServiceProperties;
    expect(service.problems?.(properties, 'Shop/Service')).toEqual([]);
    expect(service.reads?.(properties, { Type: 'AWS::ECS::Service' })).toEqual(properties);
  });

  test('that could never be deployed is refused', () => {
    expect(() => read({ MinimumHealthyPercent: 100, MaximumPercent: 100 })).toThrow(/minimum healthy percent of 100 .* blocks deployments/);
  });
});

test('a new deployment is forced by a new word', () => {
  const forced = { EnableForceNewDeployment: true, ForceNewDeploymentNonce: '1' };
  expect(forcesNewDeployment(undefined, undefined)).toBe(false);
  expect(forcesNewDeployment(undefined, forced)).toBe(true);
  expect(forcesNewDeployment(forced, forced)).toBe(false);
  expect(forcesNewDeployment(forced, { ...forced, ForceNewDeploymentNonce: '2' })).toBe(true);
  expect(forcesNewDeployment(forced, { EnableForceNewDeployment: false, ForceNewDeploymentNonce: '2' })).toBe(false);
});
