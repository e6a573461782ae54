import type { IncomingMessage, ServerResponse } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { type AttemptLimits, clientSettings } from '../../../core/aws-limits';
import { TableReader } from '../../../lambda/dynamodb/table-reader';
import { sdkTable } from '../../../ledger/table/sdk-table';
import type { TableClient } from '../../../ledger/table/table-client';
import { Dice } from '../../core/dice';
import { closedPort, type Endpoint, startAnswering, startResetting, startSilent, startTrickling } from '../../gateway/aws/endpoints';

const LIMITS: AttemptLimits = { connectMs: 1_000, answerMs: 1_000, attempts: 2, connections: 50 };
const QUICK = { answerMs: 200 };
/** For an answer of many megabytes, on a machine that does something else as well. */
const PATIENT = { answerMs: 60_000 };
const ROLE = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };
const QUERY = { TableName: 'rows', KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: 'one' } } };
const GET = { TableName: 'rows', Key: { pk: { S: 'one' } } };
const EMPTY = '{"Count":0,"Items":[],"ScannedCount":0}';

const endpoints: Endpoint[] = [];
const readers: { close(): void }[] = [];

afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.close()));
});

test('asks as the SDK does, signed by the role of the moment, over one connection', async () => {
  const seen: { headers: IncomingMessage['headers']; body: string; url?: string }[] = [];
  const endpoint = await answering((response, { headers, url }, body) => {
    seen.push({ headers, body, ...(url !== undefined && { url }) });
    response.end(EMPTY);
  });
  const environment = { ...ROLE, AWS_ENDPOINT_URL: `${endpoint.url}/to/tables` };
  const reader = open(endpoint, {}, environment);
  for (const token of ['first', 'second']) {
    environment.AWS_SESSION_TOKEN = token;
    expect(await reader.query(QUERY)).toEqual(JSON.parse(EMPTY));
  }
  for (const [at, { headers, body, url }] of seen.entries()) {
    expect([JSON.parse(body), headers['x-amz-security-token']]).toEqual([QUERY, ['first', 'second'][at]]);
    expect(headers.authorization).toBe(await signatureOf(headers, body, String(url)));
  }
  expect([seen.length, endpoint.opened]).toEqual([2, 1]);
});

test('tells of every refusal by the name, message, status and attempts of the SDK', async () => {
  const dice = new Dice(5);
  const names = ['ThrottlingException', 'InternalServerError', 'AccessDeniedException', 'ExpiredTokenException', 'com.example.Odd', ''];
  const shapes: ((name: string) => [object, Record<string, string>])[] = [
    (name) => [{ __type: `com.amazonaws.dynamodb.v20120810#${name}` }, {}],
    (name) => [{ __type: `${name}:http://internal.amazon.com/coral/` }, {}],
    (name) => [{ code: name }, {}],
    (name) => [{}, { 'x-amzn-errortype': `${name},more` }],
  ];
  const rounds = Array.from({ length: 40 }, () => {
    const [said, headers] = dice.pick(shapes)(dice.pick(names.filter(Boolean)));
    const message = dice.pick([{ message: 'because' }, { Message: 'because' }]);
    return { status: dice.pick([400, 403, 418, 429, 500, 503]), headers, body: JSON.stringify({ ...said, ...message }) };
  });
  await Promise.all(
    rounds.map(async ({ status, headers, body }) => {
      const endpoint = await answering((response) => response.writeHead(status, headers).end(body));
      const told = [];
      for (const table of [open(endpoint), openSdk(endpoint)]) {
        const { name, message, $metadata } = await table.query(QUERY).catch((error) => error);
        told.push({ name, message, status: $metadata.httpStatusCode, attempts: $metadata.attempts });
      }
      expect({ status, headers, body, told: told[0] }).toEqual({ status, headers, body, told: told[1] });
    }),
  );
}, 30_000);

describe('takes for no answer', () => {
  const huge = JSON.stringify({ Count: 0, Items: [], padding: 'x'.repeat(17 * 1024 * 1024) });
  test.each([
    ['nothing', 200, '', 'UnclearAnswerError'],
    ['no JSON', 200, '<html>', 'UnclearAnswerError'],
    ['half a JSON', 200, EMPTY.slice(0, -1), 'UnclearAnswerError'],
    ['a list', 200, '[]', 'UnclearAnswerError'],
    ['null', 200, 'null', 'UnclearAnswerError'],
    ['no Items', 200, '{}', 'UnclearAnswerError'],
    ['Items that are none', 200, '{"Count":0,"Items":{}}', 'UnclearAnswerError'],
    ['an item that is none', 200, '{"Count":1,"Items":[null]}', 'UnclearAnswerError'],
    ['fewer Items than there are', 200, '{"Count":1,"Items":[]}', 'UnclearAnswerError'],
    ['a page without a key to go on from', 200, '{"Count":0,"Items":[],"LastEvaluatedKey":{}}', 'UnclearAnswerError'],
    ['a page with a key that is none', 200, '{"Count":0,"Items":[],"LastEvaluatedKey":null}', 'UnclearAnswerError'],
    ['success of another kind', 202, EMPTY, 'UnknownError'],
    ['a redirect', 302, EMPTY, 'UnknownError'],
    ['more than any page has', 200, huge, 'AnswerTooLargeError'],
  ])('%s', async (_, status, body, name) => {
    const endpoint = await answering((response) => response.writeHead(status, { location: '/elsewhere' }).end(body));
    const asked = open(endpoint, PATIENT).query(QUERY);
    await expect(asked).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status, attempts: 1 } });
    expect(endpoint.reached).toBe(1);
  });

  test('an item that is none, where one was asked for', async () => {
    const endpoint = await answering((response) => response.end('{"Item":"one"}'));
    await expect(open(endpoint).getItem(GET)).rejects.toMatchObject({ name: 'UnclearAnswerError' });
  });

  test('a fault with a page on which nothing stands', async () => {
    const endpoint = await answering((response) => response.writeHead(502).end('<html>bad gateway</html>'));
    await expect(open(endpoint).query(QUERY)).rejects.toMatchObject({
      name: 'UnknownError',
      $metadata: { httpStatusCode: 502, attempts: 2 },
    });
  });

  test('one that breaks off', async () => {
    const endpoint = await answering((response) => {
      response.writeHead(200, { 'content-length': EMPTY.length + 1 }).write(EMPTY);
      setImmediate(() => response.destroy());
    });
    await expect(open(endpoint).query(QUERY)).rejects.toMatchObject({
      code: 'ECONNRESET',
      $metadata: { httpStatusCode: 200, attempts: 2 },
    });
  });

  test('one that does not end', async () => {
    const endpoint = await started(startTrickling());
    const message = 'no whole answer within 200 ms';
    await expect(open(endpoint, QUICK).query(QUERY)).rejects.toMatchObject({ name: 'TimeoutError', message, $metadata: { attempts: 2 } });
  });

  test('one that does not begin', async () => {
    const endpoint = await started(startSilent());
    await expect(open(endpoint, QUICK).query(QUERY)).rejects.toMatchObject({ name: 'TimeoutError', $metadata: { attempts: 2 } });
  });

  test('a broken connection', async () => {
    const endpoint = await started(startResetting());
    await expect(open(endpoint).query(QUERY)).rejects.toMatchObject({
      name: 'TimeoutError',
      code: 'ECONNRESET',
      $metadata: { attempts: 2 },
    });
  });

  test('a port that nobody listens on', async () => {
    await expect(open({ url: await closedPort() }).query(QUERY)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      $metadata: { attempts: 2 },
    });
  });
});

test('waits no longer for a connection than it may', async () => {
  const endpoint = await started(startSilent());
  const reader = open(endpoint, { answerMs: 10_000, attempts: 1, connections: 1 });
  const first = reader.query(QUERY).catch((error) => error);
  while (endpoint.reached === 0) await new Promise(setImmediate);
  await expect(reader.query(QUERY)).rejects.toMatchObject({ name: 'TimeoutError', message: 'no connection within 1000 ms' });
  reader.close();
  expect([(await first).code, endpoint.opened]).toEqual(['ECONNRESET', 1]);
});

test('sends nothing without a role', async () => {
  const endpoint = await answering((response) => response.end(EMPTY));
  const reader = open(endpoint, {}, { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'AKID', AWS_ENDPOINT_URL: endpoint.url });
  await expect(reader.query(QUERY)).rejects.toMatchObject({ name: 'CredentialsProviderError' });
  expect(endpoint.reached).toBe(0);
});

test('goes on after a connection that the endpoint has closed in a pause', async () => {
  const endpoint = await answering((response) => {
    response.end('{}');
    // As soon as the answer is out; the next request may find it closed, or break on it.
    response.on('finish', () => response.socket?.destroySoon());
  });
  const reader = open(endpoint);
  for (let request = 0; request < 20; request++) expect(await reader.getItem(GET)).toEqual({});
});

function open(
  endpoint: Pick<Endpoint, 'url'>,
  limits: Partial<AttemptLimits> = {},
  environment: Record<string, string> = { ...ROLE, AWS_ENDPOINT_URL: endpoint.url },
) {
  const reader = new TableReader({ ...LIMITS, ...limits }, environment);
  readers.push(reader);
  return reader;
}

function openSdk({ url }: Endpoint): TableClient {
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
  const client = new DynamoDBClient({ ...clientSettings(LIMITS), endpoint: url, region: 'eu-central-1', credentials });
  readers.push({ close: () => client.destroy() });
  return sdkTable(client);
}

async function started(starting: Promise<Endpoint>): Promise<Endpoint> {
  const endpoint = await starting;
  endpoints.push(endpoint);
  return endpoint;
}

/** Answers once the whole request is there. */
function answering(answer: (response: ServerResponse, request: IncomingMessage, body: string) => void): Promise<Endpoint> {
  return started(
    startAnswering(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      answer(response, request, body);
    }),
  );
}

/** What the SDK's signer makes of a request that came. */
async function signatureOf(headers: IncomingMessage['headers'], body: string, path: string): Promise<string | undefined> {
  const sessionToken = String(headers['x-amz-security-token']);
  const signer = new SignatureV4({
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken },
    region: 'eu-central-1',
    service: 'dynamodb',
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = Object.fromEntries(['host', 'content-type', 'x-amz-target'].map((name) => [name, String(headers[name])]));
  const date = String(headers['x-amz-date']).replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5');
  const request = new HttpRequest({ method: 'POST', path, headers: signed, body });
  return (await signer.sign(request, { signingDate: new Date(date) })).headers.authorization;
}
