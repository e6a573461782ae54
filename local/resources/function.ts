import { statSync } from 'node:fs';
import { delimiter } from 'node:path';
import { LocalAccountError, unsupported } from '../account-error';
import { LocalFunction } from '../lambda/local-function';
import type { Machinery } from '../machinery';
import { arn, attributes, type Created, type Provisioner, type ResourceRequest } from './provisioner';

/** AWS::Lambda::Function, as far as it is read. */
interface FunctionProperties {
  readonly FunctionName?: string;
  readonly Code: { readonly S3Key?: string };
  readonly Handler?: string;
  readonly Runtime?: string;
  readonly Timeout?: number;
  readonly MemorySize?: number;
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
}

/** Lambda's defaults (CreateFunction). */
const DEFAULT_TIMEOUT = 3;
const DEFAULT_MEMORY = 128;

export const lambdaFunction: Provisioner<FunctionProperties> = {
  phase: 'functions',
  noun: ['function', 'functions'],
  honours: ['FunctionName', 'Code', 'Handler', 'Runtime', 'Timeout', 'MemorySize', 'Environment'],
  ignores: [
    'Role',
    'Architectures',
    'LoggingConfig',
    'KmsKeyArn',
    'TracingConfig',
    'ReservedConcurrentExecutions',
    'VpcConfig',
    'EphemeralStorage',
    'RecursiveLoop',
    'RuntimeManagementConfig',
    'CodeSigningConfigArn',
    'SnapStart',
  ],
  create: async (request, machinery) => {
    const fn = functionOf(request, request.properties.FunctionName ?? request.generatedName.slice(0, 64), machinery);
    machinery.functions.add(fn);
    return describe(fn);
  },
  update: async (request, { ref }, machinery) => {
    const fn = functionOf(request, ref, machinery);
    machinery.functions.replace(fn);
    return describe(fn);
  },
  delete: ({ ref }, { functions }) => functions.remove(ref),
};

function describe({ settings: { name, arn: Arn } }: LocalFunction): Created {
  return { ref: name, attribute: attributes({ Arn }) };
}

function functionOf({ properties, stack, path }: ResourceRequest<FunctionProperties>, name: string, machinery: Machinery): LocalFunction {
  const { Runtime, Timeout = DEFAULT_TIMEOUT, MemorySize = DEFAULT_MEMORY } = properties;
  if (!Runtime?.startsWith('nodejs'))
    throw unsupported([`the runtime ${Runtime ?? 'of a container image'} of ${path}; it runs Node.js functions`]);
  const folder = stack.assets.file(properties.Code.S3Key ?? '');
  if (!folder)
    throw new LocalAccountError('INVALID_ASSEMBLY', `The code of ${path} is no asset of the assembly: ${JSON.stringify(properties.Code)}.`);
  if (!statSync(folder).isDirectory()) throw unsupported([`the zipped code of ${path}; it runs folders (Code.fromAsset of a folder)`]);
  const Arn = arn(stack, 'lambda', `function:${name}`);
  const variables = Object.entries(properties.Environment?.Variables ?? {});
  const settings = {
    name,
    arn: Arn,
    folder,
    timeoutSeconds: Number(Timeout),
    environment: {
      ...machinery.ecs.aws,
      ...Object.fromEntries(variables.map(([key, value]) => [key, machinery.ecs.addresses.rewrite(String(value))])),
      PATH: ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
      LANG: 'en_US.UTF-8',
      TZ: ':UTC',
      _HANDLER: properties.Handler ?? 'index.handler',
      LAMBDA_TASK_ROOT: folder,
      AWS_EXECUTION_ENV: `AWS_Lambda_${Runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    },
  };
  return new LocalFunction(settings, machinery.ecs.logs, machinery.ecs.reaper);
}
