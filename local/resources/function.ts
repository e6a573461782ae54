import { statSync } from 'node:fs';
import { LocalAccountError, unsupported } from '../account-error';
import { DEFAULT_CONFIGURATION, functionSettings } from '../lambda/function-settings';
import { inlineFolder } from '../lambda/inline-code';
import { LocalFunction } from '../lambda/local-function';
import type { Machinery } from '../machinery';
import { QUOTAS } from '../quotas';
import { arn, attributes, type Created, type Provisioner, type ResourceRequest } from './provisioner';

/** AWS::Lambda::Function, as far as it is read. */
interface FunctionProperties {
  readonly FunctionName?: string;
  readonly Code: { readonly S3Key?: string; readonly ZipFile?: string; readonly ImageUri?: unknown };
  readonly Handler?: string;
  readonly Runtime?: string;
  readonly Timeout?: number;
  readonly MemorySize?: number;
  readonly ReservedConcurrentExecutions?: number;
  readonly Role?: string;
  readonly LoggingConfig?: { readonly LogGroup?: string };
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
}

export const lambdaFunction: Provisioner<FunctionProperties> = {
  phase: 'functions',
  noun: ['function', 'functions'],
  honours: [
    'FunctionName',
    'Code',
    'Handler',
    'Runtime',
    'Timeout',
    'MemorySize',
    'Environment',
    'Role',
    'LoggingConfig',
    'ReservedConcurrentExecutions',
  ],
  ignores: [
    'Architectures',
    'KmsKeyArn',
    'TracingConfig',
    'VpcConfig',
    'EphemeralStorage',
    'RecursiveLoop',
    'RuntimeManagementConfig',
    'CodeSigningConfigArn',
    'SnapStart',
  ],
  problems: ({ Code, Runtime }, path, stack) => {
    const { S3Key: key, ImageUri } = Code ?? {};
    if (ImageUri !== undefined) return [runtimeProblem('of a container image', path)];
    if (typeof Runtime === 'string' && !Runtime.startsWith('nodejs')) return [runtimeProblem(Runtime, path)];
    if (typeof key !== 'string' || stack === undefined) return [];
    const folder = stack.assets.file(key);
    if (folder === undefined) return [`the code of ${path}, which is no asset of its stack: ${JSON.stringify(Code)}; publish it as one`];
    return statSync(folder).isDirectory() ? [] : [`the zipped code of ${path}; it runs folders (Code.fromAsset of a folder)`];
  },
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
  const { Code, Runtime = '', Timeout, MemorySize, Handler, Environment, Role: role, LoggingConfig } = properties;
  const { ReservedConcurrentExecutions: reserved } = properties;
  // What only the deployment tells may be another one than was looked at before.
  const problems = lambdaFunction.problems?.(properties, path, stack) ?? [];
  if (problems.length > 0) throw unsupported(problems);
  const folder = Code.ZipFile === undefined ? stack.assets.file(Code.S3Key ?? '') : inlineFolder(Code.ZipFile, machinery.folder);
  if (!folder) throw new LocalAccountError('INVALID_ASSEMBLY', `${path} has no code: ${JSON.stringify(Code)}.`);
  const configuration = {
    ...DEFAULT_CONFIGURATION,
    runtime: Runtime,
    ...(Handler !== undefined && { handler: Handler }),
    ...(Timeout !== undefined && { timeoutSeconds: Number(Timeout) }),
    ...(MemorySize !== undefined && { memorySize: Number(MemorySize) }),
    ...(Environment?.Variables && { variables: Environment.Variables }),
    ...(reserved !== undefined && { reservedConcurrency: Number(reserved) }),
  };
  requireVariables(configuration.variables, path);
  const { LogGroup: logGroup } = LoggingConfig ?? {};
  const own = { name, arn: arn(stack, 'lambda', `function:${name}`), id: path, folder, configuration };
  const settings = functionSettings({ ...own, ...(role && { role }), ...(logGroup && { logGroup }) }, machinery.ecs);
  return new LocalFunction(settings, machinery.ecs.logs, machinery.ecs.reaper);
}

/** Lambda measures them as JSON. @throws LocalAccountError CREATE_FAILED in its words */
function requireVariables(variables: Readonly<Record<string, string>>, path: string): void {
  const size = Buffer.byteLength(JSON.stringify(variables));
  if (size <= QUOTAS.environment.most) return;
  const message = `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit: they have ${size} bytes; allowed: ${QUOTAS.environment.most}.`;
  throw new LocalAccountError('CREATE_FAILED', `${path}: ${message}`);
}

export function runtimeProblem(runtime: string, path: string): string {
  return `the runtime ${runtime} of ${path}; it runs Node.js functions (a stand-in takes its place: --stand-in ${path})`;
}
