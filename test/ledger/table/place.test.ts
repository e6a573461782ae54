import { DynamoDBClient, type DynamoDBClientConfig, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from '@jest/globals';
import { HttpResponse } from '@smithy/core/protocols';
import type { HttpRequest } from '@smithy/types';
import { placeOf } from '../../../ledger/table/place';

const CREDENTIALS = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
const CONFIG = { region: 'eu-central-1', credentials: CREDENTIALS };

afterEach(() => {
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_DYNAMODB', 'AWS_REGION']) delete process.env[name];
});

describe('requests go and are signed where the SDK would send them', () => {
  test.each<[string, DynamoDBClientConfig, Record<string, string>]>([
    ['a region', CONFIG, {}],
    ['China', { ...CONFIG, region: 'cn-north-1' }, {}],
    ['FIPS', { ...CONFIG, region: 'us-east-1', useFipsEndpoint: true }, {}],
    ['dual stack', { ...CONFIG, useDualstackEndpoint: true }, {}],
    ['the endpoint of an account', { ...CONFIG, credentials: { ...CREDENTIALS, accountId: '123456789012' } }, {}],
    ['DynamoDB local', { ...CONFIG, region: 'local' }, {}],
    ['an endpoint of its own', { ...CONFIG, endpoint: 'http://127.0.0.1:8000' }, {}],
    ['an endpoint with a path', { ...CONFIG, endpoint: 'https://vpce.example.com/to/tables' }, {}],
    ['the environment', CONFIG, { AWS_ENDPOINT_URL: 'http://127.0.0.1:8001' }],
    [
      'the environment for this service',
      CONFIG,
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:8002' },
    ],
    ['a region of the environment', { credentials: CREDENTIALS }, { AWS_REGION: 'ap-southeast-2' }],
  ])('%s', async (_, config, environment) => {
    Object.assign(process.env, environment);
    let sent: HttpRequest | undefined;
    const requestHandler = {
      handle: async (request: HttpRequest) => {
        sent = request;
        return { response: new HttpResponse({ statusCode: 200, body: Buffer.from('{}') }) };
      },
    };
    const client = new DynamoDBClient({ ...config, requestHandler });
    // First, so that nothing which the SDK finds out by sending helps.
    const { url, region, service } = await placeOf(client);
    await client.send(new GetItemCommand({ TableName: 'ledger', Key: { pk: { S: 'x' } } }));
    const [, , signedRegion, signedService] = /Credential=([^,]+)/.exec(sent?.headers.authorization ?? '')?.[1]?.split('/') ?? [];
    expect([url.protocol, url.host, url.pathname.replace(/\/?$/, '/'), region, service]).toEqual([
      sent?.protocol,
      sent?.headers.host,
      sent?.path,
      signedRegion,
      signedService,
    ]);
  });
});
