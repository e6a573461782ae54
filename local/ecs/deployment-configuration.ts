/** How the tasks of a service are replaced (ECS, DeploymentConfiguration of the rolling update). */
export interface DeploymentConfiguration {
  /** Healthy tasks that a deployment leaves at least, in percent of the desired count. */
  readonly minimumHealthyPercent: number;
  /** Tasks that run at most while it lasts, in percent of the desired count. */
  readonly maximumPercent: number;
  /** Absent where none is enabled. */
  readonly circuitBreaker?: CircuitBreaker;
}

export interface CircuitBreaker {
  readonly rollback: boolean;
  /** Whether a task that becomes healthy makes the count of failures begin anew. */
  readonly resetOnHealthyTask: boolean;
  readonly threshold: {
    readonly type: 'BOUNDED_PERCENT' | 'UNBOUNDED_PERCENT' | 'COUNT';
    readonly value: number;
  };
}

/** Those of ECS; without any setting, a service is deployed 100/200. */
export const DEFAULT_CONFIGURATION: DeploymentConfiguration = { minimumHealthyPercent: 100, maximumPercent: 200 };
export const DEFAULT_CIRCUIT_BREAKER: CircuitBreaker = {
  rollback: false,
  resetOnHealthyTask: true,
  threshold: { type: 'BOUNDED_PERCENT', value: 50 },
};

const LEAST_FAILURES = 3;
const MOST_FAILURES = 200;

/** The minimum is rounded up and the maximum down. */
export function taskLimits(configuration: DeploymentConfiguration, desired: number): { minimum: number; maximum: number } {
  return {
    minimum: Math.min(desired, Math.ceil((desired * configuration.minimumHealthyPercent) / 100)),
    maximum: Math.floor((desired * configuration.maximumPercent) / 100),
  };
}

/** How many tasks of a deployment may fail before it has failed. */
export function failureThreshold({ threshold: { type, value } }: CircuitBreaker, desired: number): number {
  if (type === 'COUNT') return value;
  const share = Math.ceil((desired * value) / 100);
  return type === 'UNBOUNDED_PERCENT' ? Math.max(1, share) : Math.min(MOST_FAILURES, Math.max(LEAST_FAILURES, share));
}
