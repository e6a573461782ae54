import { createHash } from 'node:crypto';
import type { EventSource } from '../lambda/event-sources';
import type { Machinery } from '../machinery';
import { arn, attributes, type Created, type Provisioner, type ResourceRequest } from './provisioner';

/** AWS::Lambda::EventSourceMapping, as far as it is read: of a table's stream. */
interface MappingProperties {
  readonly FunctionName: string;
  readonly EventSourceArn?: string;
  readonly Enabled?: boolean;
  readonly StartingPosition?: string;
  readonly BatchSize?: number;
  readonly MaximumBatchingWindowInSeconds?: number;
  readonly ParallelizationFactor?: number;
  readonly BisectBatchOnFunctionError?: boolean;
  readonly FunctionResponseTypes?: readonly string[];
  readonly MaximumRetryAttempts?: number;
  readonly MaximumRecordAgeInSeconds?: number;
}

const STREAM = /:table\/([^/]+)\/stream\//;
/** Lambda's default for streams. */
const BATCH_SIZE = 100;

export const eventSourceMapping: Provisioner<MappingProperties> = {
  phase: 'functions',
  noun: ['stream reader', 'stream readers'],
  honours: [
    'FunctionName',
    'EventSourceArn',
    'Enabled',
    'StartingPosition',
    'BatchSize',
    'MaximumBatchingWindowInSeconds',
    'ParallelizationFactor',
    'BisectBatchOnFunctionError',
    'FunctionResponseTypes',
    'MaximumRetryAttempts',
    'MaximumRecordAgeInSeconds',
  ],
  // Where records go that are given up: they are told of here.
  ignores: ['DestinationConfig', 'KmsKeyArn', 'LoggingConfig', 'MetricsConfig', 'ProvisionedPollerConfig'],
  problems: ({ EventSourceArn, StartingPosition }, path) => {
    const problems: string[] = [];
    if (typeof EventSourceArn === 'string' && !STREAM.test(EventSourceArn))
      problems.push(`the event source ${EventSourceArn} of ${path}; it reads streams of DynamoDB tables`);
    if (StartingPosition === 'AT_TIMESTAMP')
      problems.push(`the StartingPosition AT_TIMESTAMP of ${path}; it begins at TRIM_HORIZON or LATEST`);
    return problems;
  },
  create: async (request, machinery) => {
    const refusal = refusalOf(request.properties, machinery);
    if (refusal !== undefined) throw new Error(`Cannot access stream ${request.properties.EventSourceArn}: ${refusal}`);
    const hash = createHash('sha256').update(request.identity).digest('hex');
    return start(hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5'), request, machinery);
  },
  update: async (request, { ref }, machinery) => start(ref, request, machinery),
  delete: async ({ ref }, { eventSources }) => eventSources.remove(ref),
};

/**
 * Lambda reads by the function's role (Lambda Developer Guide, "Process DynamoDB records with Lambda"). Which streams there are, nobody may ask
 * of one alone (Service Authorization Reference, DynamoDB).
 */
function refusalOf({ FunctionName, EventSourceArn = '' }: MappingProperties, { functions, iam }: Machinery): string | undefined {
  const { role, name } = functions.find(FunctionName)?.settings ?? {};
  if (role === undefined || name === undefined) return undefined;
  const calls = ['DescribeStream', 'GetShardIterator', 'GetRecords'].map((verb) => ({
    action: `dynamodb:${verb}`,
    resource: EventSourceArn,
  }));
  return iam.authorize({ kind: 'role', role, session: name }, [...calls, { action: 'dynamodb:ListStreams', resource: '*' }]);
}

function start(id: string, request: ResourceRequest<MappingProperties>, machinery: Machinery): Created {
  const { eventSources } = machinery;
  if (String(request.properties.Enabled) === 'false') eventSources.stop(id);
  else eventSources.set(id, sourceOf(request, machinery));
  return {
    ref: id,
    attribute: attributes({ Id: id, EventSourceMappingArn: arn(request.stack, 'lambda', `event-source-mapping:${id}`) }),
  };
}

function sourceOf({ properties, stack, path }: ResourceRequest<MappingProperties>, machinery: Machinery): EventSource {
  const { functions, tell } = machinery;
  const { EventSourceArn = '', FunctionName, MaximumRetryAttempts = -1, MaximumRecordAgeInSeconds = -1 } = properties;
  return {
    table: STREAM.exec(EventSourceArn)?.[1] ?? '',
    arn: EventSourceArn,
    region: stack.region,
    from: properties.StartingPosition === 'LATEST' ? 'LATEST' : 'TRIM_HORIZON',
    batchSize: Number(properties.BatchSize ?? BATCH_SIZE),
    windowMs: Number(properties.MaximumBatchingWindowInSeconds ?? 0) * 1000,
    parallelization: Number(properties.ParallelizationFactor ?? 1),
    bisects: String(properties.BisectBatchOnFunctionError) === 'true',
    reportsFailures: properties.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
    ...(Number(MaximumRetryAttempts) >= 0 && { retries: Number(MaximumRetryAttempts) }),
    ...(Number(MaximumRecordAgeInSeconds) >= 0 && { oldestMs: Number(MaximumRecordAgeInSeconds) * 1000 }),
    mayRead: () => refusalOf(properties, machinery) === undefined,
    fn: () => functions.find(FunctionName),
    tell: (what) => tell('stream', `${path}: ${what}`),
  };
}
