import { delimiter } from 'node:path';
import type { EcsMachine } from '../ecs/machine';

/** What a function is told to be (Lambda, FunctionConfiguration), as far as it is read. */
export interface FunctionConfiguration {
  readonly runtime: string;
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memorySize: number;
  /** As they were given: with the account's own addresses. */
  readonly variables: Readonly<Record<string, string>>;
  readonly description?: string;
}

/** What runs a Lambda function. */
export interface FunctionSettings {
  readonly name: string;
  readonly arn: string;
  /** `Stack/LogicalId`, by which its network is known; absent for one of no template. */
  readonly id?: string;
  /** Folder of its code. */
  readonly folder: string;
  readonly configuration: FunctionConfiguration;
  /** The whole environment of its processes. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Lambda's defaults (CreateFunction). */
export const DEFAULT_CONFIGURATION = { handler: 'index.handler', timeoutSeconds: 3, memorySize: 128, variables: {} };

/** With the environment that Lambda makes of what a function is told. */
export function functionSettings(
  { name, arn, id, folder, configuration }: Omit<FunctionSettings, 'environment'>,
  { aws, addresses, links }: Pick<EcsMachine, 'aws' | 'addresses' | 'links'>,
): FunctionSettings {
  const { runtime, handler, memorySize, variables } = configuration;
  const told = {
    ...aws,
    ...Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, addresses.rewrite(String(value))])),
    PATH: ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: handler,
    LAMBDA_TASK_ROOT: folder,
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
  };
  if (id === undefined) return { name, arn, folder, configuration, environment: told };
  return { name, arn, id, folder, configuration, environment: links.seenBy(id, told) };
}
