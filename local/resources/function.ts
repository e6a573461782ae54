import { statSync } from 'node:fs';
import { LocalAccountError, unsupported } from '../account-error';
import { DEFAULT_CONFIGURATION, functionSettings } from '../lambda/function-settings';
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
    machinery.functions.put(fn);
    return describe(fn);
  },
  update: async (request, { ref }, machinery) => {
    const fn = functionOf(request, ref, machinery);
    machinery.functions.put(fn);
    return describe(fn);
  },
  delete: ({ ref }, { functions }) => functions.remove(ref),
};

function describe({ settings: { name, arn: Arn } }: LocalFunction): Created {
  return { ref: name, attribute: attributes({ Arn }) };
}

function functionOf({ properties, stack, path }: ResourceRequest<FunctionProperties>, name: string, machinery: Machinery): LocalFunction {
  const { Runtime, Timeout, MemorySize, Handler, Environment } = properties;
  if (!Runtime?.startsWith('nodejs')) throw unsupported([runtimeProblem(Runtime ?? 'of a container image', path)]);
  const folder = stack.assets.file(properties.Code.S3Key ?? '');
  if (!folder)
    throw new LocalAccountError('INVALID_ASSEMBLY', `The code of ${path} is no asset of the assembly: ${JSON.stringify(properties.Code)}.`);
  if (!statSync(folder).isDirectory()) throw unsupported([`the zipped code of ${path}; it runs folders (Code.fromAsset of a folder)`]);
  const configuration = {
    ...DEFAULT_CONFIGURATION,
    runtime: Runtime,
    ...(Handler !== undefined && { handler: Handler }),
    ...(Timeout !== undefined && { timeoutSeconds: Number(Timeout) }),
    ...(MemorySize !== undefined && { memorySize: Number(MemorySize) }),
    ...(Environment?.Variables && { variables: Environment.Variables }),
  };
  const settings = functionSettings({ name, arn: arn(stack, 'lambda', `function:${name}`), folder, configuration }, machinery.ecs);
  return new LocalFunction(settings, machinery.ecs.logs, machinery.ecs.reaper);
}

export function runtimeProblem(runtime: string, path: string): string {
  return `the runtime ${runtime} of ${path}; it runs Node.js functions`;
}
