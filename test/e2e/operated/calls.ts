import type { IncomingMessage } from 'node:http';
import type { Call } from './role-policy';

const REGION_AND_ACCOUNT = 'us-east-1:000000000000';

/** Partition keys of the fleet's tables. */
const PARTITION_KEYS = ['pk', 'session', 'agent'];

/** What a request asks of AWS, in the words of the Service Authorization Reference. @throws Error for what is not known here */
export function callIn({ headers, method, url = '/' }: IncomingMessage, body: string): Call {
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? 'unsigned';
  const operation = String(headers['x-amz-target'] ?? '').replace(/^.*\./, '');
  if (service === 'dynamodb') return onTable(operation, JSON.parse(body) as Request);
  if (service === 'cloudformation') return onStack(new URLSearchParams(body));
  if (service === 'ecs') return onCluster(operation, JSON.parse(body) as Request);
  if (service === 'logs') {
    const { logGroupName } = JSON.parse(body) as Request;
    return { action: `logs:${operation}`, resources: [`arn:aws:logs:${REGION_AND_ACCOUNT}:log-group:${logGroupName}:*`], context: {} };
  }
  if (service === 's3' && method === 'GET') return onBucket(new URL(url, 'http://s3'));
  throw new Error(`${service} ${operation} ${method} ${url}`);
}

type Request = Readonly<Record<string, unknown>>;

function onTable(operation: string, request: Request): Call {
  const items = (request.RequestItems ?? {}) as Readonly<Record<string, { readonly Keys: readonly Request[] }>>;
  const names = request.TableName === undefined ? Object.keys(items) : [String(request.TableName)];
  const keys = [request.Key, request.Item, ...Object.values(items).flatMap(({ Keys }) => Keys)].filter(
    (key) => key !== undefined,
  ) as Request[];
  const index = request.IndexName === undefined ? '' : `/index/${request.IndexName}`;
  return {
    action: `dynamodb:${operation}`,
    resources: names.map((name) => `arn:aws:dynamodb:${REGION_AND_ACCOUNT}:table/${name}${index}`),
    context: { 'dynamodb:LeadingKeys': keys.length > 0 ? keys.map(leadingKey) : ['whatever stands in the table'] },
  };
}

function leadingKey(key: Request): string {
  const name = PARTITION_KEYS.find((each) => each in key) ?? '';
  return String((key[name] as { readonly S?: string } | undefined)?.S);
}

function onStack(form: URLSearchParams): Call {
  const arn = `arn:aws:cloudformation:${REGION_AND_ACCOUNT}:stack/${form.get('StackName')}/1a2b`;
  return { action: `cloudformation:${form.get('Action')}`, resources: [arn], context: {} };
}

function onCluster(operation: string, request: Request): Call {
  const cluster = String(request.cluster);
  const named = [request.services ?? request.tasks ?? []].flat().map(String);
  return {
    action: `ecs:${operation}`,
    resources: named.length > 0 ? named : ['*'],
    context: { 'ecs:cluster': [`arn:aws:ecs:${REGION_AND_ACCOUNT}:cluster/${cluster}`] },
  };
}

function onBucket({ pathname, searchParams }: URL): Call {
  const [, bucket, ...key] = pathname.split('/').map(decodeURIComponent);
  if (key.join('') === '') {
    const action = searchParams.has('versions') ? 's3:ListBucketVersions' : 's3:ListBucket';
    return { action, resources: [`arn:aws:s3:::${bucket}`], context: {} };
  }
  const action = searchParams.has('versionId') ? 's3:GetObjectVersion' : 's3:GetObject';
  return { action, resources: [`arn:aws:s3:::${bucket}/${key.join('/')}`], context: {} };
}
