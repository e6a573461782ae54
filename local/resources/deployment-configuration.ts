import { LocalAccountError, unsupported } from '../account-error';
import {
  type CircuitBreaker,
  DEFAULT_CIRCUIT_BREAKER,
  DEFAULT_CONFIGURATION,
  type DeploymentConfiguration,
} from '../ecs/deployment-configuration';

/** DeploymentConfiguration of AWS::ECS::Service, as far as it is read. */
export interface DeploymentConfigurationProperties {
  readonly MinimumHealthyPercent?: number;
  readonly MaximumPercent?: number;
  readonly Strategy?: string;
  readonly DeploymentCircuitBreaker?: {
    readonly Enable: boolean | string;
    readonly Rollback?: boolean | string;
    readonly ResetOnHealthyTask?: boolean | string;
    readonly ThresholdConfiguration?: { readonly Type: CircuitBreaker['threshold']['type']; readonly Value: number };
  };
}

export interface ForceNewDeploymentProperties {
  readonly EnableForceNewDeployment?: boolean | string;
  readonly ForceNewDeploymentNonce?: string;
}

const HONOURS = ['MinimumHealthyPercent', 'MaximumPercent', 'Strategy', 'DeploymentCircuitBreaker'];
/** No alarm fires here, and without one there is nothing to wait for when a rolling deployment is steady. */
const IGNORES = ['Alarms', 'BakeTimeInMinutes'];

/** The parts that are read. */
export function readsOfConfiguration(configuration: DeploymentConfigurationProperties): DeploymentConfigurationProperties {
  if (isIntrinsic(configuration)) return configuration;
  return Object.fromEntries(Object.entries(configuration).filter(([name]) => HONOURS.includes(name)));
}

/** What would replace tasks in another way than a rolling deployment does. */
export function configurationProblems(configuration: object, path: string): string[] {
  if (isIntrinsic(configuration)) return [];
  const { Strategy } = configuration as DeploymentConfigurationProperties;
  const given = Object.entries(configuration).filter(([, value]) => !Array.isArray(value) || value.length > 0);
  const names = given.map(([name]) => name).filter((name) => !HONOURS.includes(name) && !IGNORES.includes(name));
  return [
    ...names.map((name) => `the property DeploymentConfiguration/${name} of ${path}`),
    ...(typeof Strategy === 'string' && Strategy !== 'ROLLING' ? [`the deployment strategy ${Strategy} of ${path}; it has ROLLING`] : []),
  ];
}

/** @throws LocalAccountError for percentages that ECS refuses */
export function readDeploymentConfiguration(properties: DeploymentConfigurationProperties, path: string): DeploymentConfiguration {
  const { MinimumHealthyPercent, MaximumPercent, DeploymentCircuitBreaker: breaker } = properties;
  const minimumHealthyPercent = Number(MinimumHealthyPercent ?? DEFAULT_CONFIGURATION.minimumHealthyPercent);
  const maximumPercent = Number(MaximumPercent ?? DEFAULT_CONFIGURATION.maximumPercent);
  if (minimumHealthyPercent >= maximumPercent)
    throw new LocalAccountError(
      'INVALID_ASSEMBLY',
      `${path} has a minimum healthy percent of ${minimumHealthyPercent} and a maximum percent of ${maximumPercent}, which blocks deployments; the maximum must be greater.`,
    );
  if (!isTrue(breaker?.Enable)) return { minimumHealthyPercent, maximumPercent };
  const { Type, Value } = breaker?.ThresholdConfiguration ?? {};
  const circuitBreaker = {
    rollback: isTrue(breaker?.Rollback),
    resetOnHealthyTask: isTrue(breaker?.ResetOnHealthyTask ?? true),
    threshold: Type === undefined ? DEFAULT_CIRCUIT_BREAKER.threshold : { type: Type, value: Number(Value) },
  };
  return { minimumHealthyPercent, maximumPercent, circuitBreaker };
}

/**
 * A configuration with what is said of it; the rest stays.
 * @throws LocalAccountError for what is not honoured, and for percentages that ECS refuses
 */
export function changedDeploymentConfiguration(
  before: DeploymentConfiguration = DEFAULT_CONFIGURATION,
  said: DeploymentConfigurationProperties,
  path: string,
): DeploymentConfiguration {
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined && value !== null));
  const problems = configurationProblems(given, path);
  if (problems.length > 0) throw unsupported(problems);
  const { minimumHealthyPercent, maximumPercent, circuitBreaker } = before;
  const percents = { MinimumHealthyPercent: minimumHealthyPercent, MaximumPercent: maximumPercent };
  const changed = readDeploymentConfiguration({ ...percents, ...given }, path);
  return 'DeploymentCircuitBreaker' in given || circuitBreaker === undefined ? changed : { ...changed, circuitBreaker };
}

/** Whether an update of the property replaces the tasks of a service: it is enabled, and says something new. */
export function forcesNewDeployment(before: ForceNewDeploymentProperties = {}, after: ForceNewDeploymentProperties = {}): boolean {
  if (!isTrue(after.EnableForceNewDeployment)) return false;
  return !isTrue(before.EnableForceNewDeployment) || before.ForceNewDeploymentNonce !== after.ForceNewDeploymentNonce;
}

/** One that is not resolved yet is judged when it is. */
function isIntrinsic(value: object): boolean {
  return Object.keys(value).some((name) => name === 'Ref' || name.startsWith('Fn::'));
}

/** Templates have booleans as texts, too. */
function isTrue(value: boolean | string | undefined): boolean {
  return String(value) === 'true';
}
