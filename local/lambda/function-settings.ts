import { delimiter } from 'node:path';
import type { EcsMachine } from '../ecs/machine';
import { credentialVariables } from '../iam/sessions';

/** What a function is told to be (Lambda, FunctionConfiguration), as far as it is read. */
export interface FunctionConfiguration {
  readonly runtime: string;
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memorySize: number;
  /** As they were given: with the account's own addresses. */
  readonly variables: Readonly<Record<string, string>>;
  readonly description?: string;
  /** Invocations at once, at most; the others are throttled. Absent: as many as the account lets. */
  readonly reservedConcurrency?: number;
}

/** What runs a Lambda function. */
export interface FunctionSettings {
  readonly name: string;
  readonly arn: string;
  /** `Stack/LogicalId`, by which its network is known; absent for one of no template. */
  readonly id?: string;
  /** ARN; without one it has no credentials. */
  readonly role?: string;
  /** Where its lines go. */
  readonly logGroup?: string;
  /** Folder of its code. */
  readonly folder: string;
  readonly configuration: FunctionConfiguration;
  /** The whole environment of its processes. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether its role lets its lines be kept: else Lambda keeps none. */
  readonly mayLog?: () => boolean;
}

/** Lambda's defaults (CreateFunction). */
export const DEFAULT_CONFIGURATION = { handler: 'index.handler', timeoutSeconds: 3, memorySize: 128, variables: {} };

/** With the environment that Lambda makes of what a function is told. */
export function functionSettings(
  { name, arn, id, role, logGroup = `/aws/lambda/${name}`, folder, configuration }: Omit<FunctionSettings, 'environment' | 'mayLog'>,
  { aws, addresses, iam, links }: Pick<EcsMachine, 'aws' | 'addresses' | 'iam' | 'links'>,
): FunctionSettings {
  const { runtime, handler, memorySize, variables } = configuration;
  const told = {
    ...aws,
    ...(role !== undefined && credentialVariables(iam.sessions.open(role, name))),
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
    AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
  };
  const { region, account } = iam.options;
  const resource = `arn:aws:logs:${region}:${account}:log-group:${logGroup}:log-stream:local`;
  const calls = ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({ action, resource }));
  const mayLog = (): boolean => role === undefined || iam.authorize({ kind: 'role', role, session: name }, calls) === undefined;
  const known = { name, arn, ...(role !== undefined && { role }), logGroup, folder, configuration, mayLog };
  return id === undefined ? { ...known, environment: told } : { ...known, id, environment: links.seenBy(id, told) };
}
