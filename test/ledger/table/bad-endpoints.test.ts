import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { AttemptLimits } from '../../../core/aws-limits';
import { failureOf } from '../../../gateway/aws/failure';
import { closedPort, type Endpoint, startAnswering, startResetting, startSilent, startTrickling } from '../../gateway/aws/endpoints';
import { type Kind, type OpenTable, openTable, PLACE } from './tables';

const QUICK = { connectMs: 200, answerMs: 200 };
const GET = { TableName: 'rows', Key: { pk: { S: 'one' } } };

const endpoints: Endpoint[] = [];
const tables: OpenTable[] = [];

afterEach(async () => {
  await Promise.all(tables.splice(0).map((table) => table.close()));
  await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.close()));
});

// Jest runs tests in a realm of its own, where the SDK takes an error of Node for none and wraps it: only the message stays.
describe.each<Kind>(['sdk', 'lean'])('the %s client', (kind) => {
  test.each([
    ['a table that takes no more', 400, 'ProvisionedThroughputExceededException', 2, undefined],
    ['throttling', 400, 'ThrottlingException', 2, undefined],
    ['a limit of the account', 400, 'RequestLimitExceeded', 2, undefined],
    ['a fault of the service', 500, 'InternalServerError', 2, 'endpoint'],
    ['a service that is away', 503, 'ServiceUnavailable', 2, 'endpoint'],
    ['a request that is not valid', 400, 'ValidationException', 1, undefined],
    ['a refusal by policy', 400, 'AccessDeniedException', 1, undefined],
    ['a conflict with a transaction', 400, 'TransactionConflictException', 1, undefined],
    ['credentials that have expired', 400, 'ExpiredTokenException', 1, 'credentials'],
    ['credentials that nobody knows', 400, 'UnrecognizedClientException', 1, 'credentials'],
    ['an error that nobody knows', 418, 'com.example#TeapotException', 1, undefined],
  ] as const)('tells of %s, after as many attempts as it deserves', async (_, status, type, attempts, failure) => {
    const endpoint = await answering((response) => refuse(response, status, type, 'because'));
    const error = await ask(kind, endpoint).catch((error) => error);
    expect(error).toMatchObject({ name: type.replace(/.*#/, ''), message: 'because', $metadata: { httpStatusCode: status, attempts } });
    expect([failureOf(error), endpoint.reached]).toEqual([failure, attempts]);
  });

  test('is served by the second attempt', async () => {
    const endpoint = await answering((response) =>
      endpoint.reached === 1 ? refuse(response, 400, 'ThrottlingException') : serve(response),
    );
    expect((await ask(kind, endpoint)).Item).toEqual({ pk: { S: 'one' } });
  });

  test('spends its budget for repetitions when nothing works, and fails at once from then on', async () => {
    const endpoint = await answering((response) => refuse(response, 500, 'InternalServerError'));
    const { table } = open(kind, endpoint.url, { attempts: 3, connections: 50 });
    const calls = 40;
    const ended = await Promise.allSettled(Array.from({ length: calls }, () => table.getItem(GET)));
    expect(ended.every(({ status }) => status === 'rejected')).toBe(true);
    // A budget of 500 at 14 each (SDK, retries of 2026).
    expect(endpoint.reached).toBe(calls + Math.floor(500 / 14));
  });

  test.each([
    ['no JSON', 200, '<html>', 1],
    ['half a JSON', 200, '{"Item":', 1],
    ['no JSON on a fault', 502, '<html>bad gateway</html>', 2],
    ['nothing on a fault', 500, '', 2],
  ])('rejects an answer that is %s', async (_, status, body, attempts) => {
    const endpoint = await answering((response) => response.writeHead(status).end(body));
    const error = await ask(kind, endpoint).catch((error) => error);
    expect(error).toBeInstanceOf(Error);
    expect([error.$metadata.httpStatusCode, endpoint.reached]).toEqual([status, attempts]);
  });

  test('takes an empty answer for one without members', async () => {
    const endpoint = await answering((response) => response.end());
    expect((await ask(kind, endpoint)).Item).toBeUndefined();
  });

  test('takes no part of an answer that breaks off for the whole', async () => {
    const endpoint = await answering((response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{}');
      setImmediate(() => response.destroy());
    });
    await expect(ask(kind, endpoint)).rejects.toMatchObject({
      message: expect.stringMatching(/aborted|ECONNRESET/),
      $metadata: { attempts: 2 },
    });
    expect(endpoint.reached).toBe(2);
  });

  test('tries a broken connection again, then tells', async () => {
    const endpoint = await started(startResetting());
    await expect(ask(kind, endpoint)).rejects.toMatchObject({
      message: expect.stringContaining('ECONNRESET'),
      $metadata: { attempts: 2 },
    });
    expect(endpoint.opened).toBe(2);
  });

  test('tries a port that nobody listens on again, then tells', async () => {
    await expect(open(kind, await closedPort()).table.getItem(GET)).rejects.toMatchObject({
      message: expect.stringContaining('ECONNREFUSED'),
      $metadata: { attempts: 2 },
    });
  });

  test('gives up one that accepts and never answers', async () => {
    const endpoint = await started(startSilent());
    await expect(ask(kind, endpoint, QUICK)).rejects.toMatchObject({ name: 'TimeoutError', $metadata: { attempts: 2 } });
    expect(endpoint).toMatchObject({ opened: 2, reached: 2 });
  });

  test('waits no longer for a connection than it may, and sends nothing for who has gone', async () => {
    const endpoint = await started(startSilent());
    const { table } = open(kind, endpoint.url, { ...QUICK, answerMs: 600, connections: 2, attempts: 1 });
    const ended = await Promise.allSettled(Array.from({ length: 10 }, () => table.getItem(GET)));
    expect(ended.map((end) => end.status === 'rejected' && end.reason.name)).toEqual(Array(10).fill('TimeoutError'));
    // A connection may have been begun for one whose time was over a moment later; nothing goes over it.
    expect(endpoint.reached).toBe(2);
  });

  test('reads an answer of some megabytes', async () => {
    const Item = { pk: { S: 'one' }, text: { S: 'x'.repeat(5_000_000) } };
    const endpoint = await answering((response) => response.end(JSON.stringify({ Item })));
    expect((await ask(kind, endpoint)).Item).toEqual(Item);
  });

  test.each([
    ['behind', -3_600_000, 'InvalidSignatureException', 'Signature expired: 20260101T000000Z is now earlier than …'],
    ['ahead', 3_600_000, 'RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.'],
  ])('corrects its clock by an endpoint that is %s, and keeps it', async (_, offMs, type, message) => {
    const endpoint = await answering((response, request) => {
      const now = Date.now() + offMs;
      response.setHeader('date', new Date(now).toUTCString());
      if (Math.abs(timeOf(request) - now) > 300_000) refuse(response, 400, type, message);
      else serve(response);
    });
    const { table } = open(kind, endpoint.url);
    expect((await table.getItem(GET)).Item).toEqual({ pk: { S: 'one' } });
    expect((await table.getItem(GET)).Item).toEqual({ pk: { S: 'one' } });
    expect(endpoint.reached).toBe(3);
  });

  test('asks for credentials as often as they need it, and signs with those of the moment', async () => {
    const signers: string[] = [];
    const endpoint = await answering((response, request) => {
      signers.push(
        /Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? '',
        String(request.headers['x-amz-security-token']),
      );
      serve(response);
    });
    let given = 0;
    const credentials = async () => ({
      accessKeyId: `AKID${++given}`,
      secretAccessKey: 'secret',
      sessionToken: `token${given}`,
      // The first ones end within the minutes in which they are renewed.
      expiration: new Date(Date.now() + (given === 1 ? 60_000 : 3_600_000)),
    });
    const { table } = open(kind, endpoint.url, {}, { credentials });
    for (let call = 0; call < 3; call++) await table.getItem(GET);
    expect(given).toBe(2);
    expect(signers.slice(-4)).toEqual(['AKID2', 'token2', 'AKID2', 'token2']);
  });

  test('tells of credentials that do not come, and sends nothing', async () => {
    const endpoint = await answering(serve);
    const credentials = () => Promise.reject(Object.assign(new Error('no role'), { name: 'CredentialsProviderError' }));
    const error = await open(kind, endpoint.url, {}, { credentials })
      .table.getItem(GET)
      .catch((error) => error);
    expect([error.name, failureOf(error), endpoint.reached]).toEqual(['CredentialsProviderError', 'credentials', 0]);
  });
});

test('the lean client says of a connection that broke what the SDK says outside of Jest', async () => {
  const broken = await ask('lean', await started(startResetting())).catch((error) => error);
  expect(broken).toMatchObject({ name: 'TimeoutError', code: 'ECONNRESET', $metadata: { attempts: 2 } });
  const endpoint = await answering((response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{}');
    setImmediate(() => response.destroy());
  });
  const cut = await ask('lean', endpoint).catch((error) => error);
  expect(cut).toMatchObject({ code: 'ECONNRESET', $metadata: { httpStatusCode: 200, attempts: 2 } });
  expect([failureOf(broken), failureOf(cut)]).toEqual(['endpoint', undefined]);
});

test('the lean client cuts an answer that has no end', async () => {
  const trickling = await started(startTrickling());
  const { sender } = open('lean', trickling.url);
  const gone = new AbortController();
  const asked = sender?.send({ operation: 'GetItem', input: GET }, { abortSignal: gone.signal });
  while (trickling.reached === 0) await new Promise(setImmediate);
  gone.abort();
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  expect(trickling.reached).toBe(1);
});

function open(kind: Kind, endpoint: string, limits: Partial<AttemptLimits> = {}, config: object = {}): OpenTable {
  const table = openTable(kind, { ...PLACE, endpoint, ...config }, limits);
  tables.push(table);
  return table;
}

function ask(kind: Kind, endpoint: Endpoint, limits: Partial<AttemptLimits> = {}) {
  return open(kind, endpoint.url, limits).table.getItem(GET);
}

async function started(starting: Promise<Endpoint>): Promise<Endpoint> {
  const endpoint = await starting;
  endpoints.push(endpoint);
  return endpoint;
}

/** Answers once the whole request is there. */
function answering(answer: (response: ServerResponse, request: IncomingMessage) => void): Promise<Endpoint> {
  return started(startAnswering((request, response) => request.resume().on('end', () => answer(response, request))));
}

function refuse(response: ServerResponse, status: number, type: string, message = 'no'): void {
  const name = type.includes('#') ? type : `com.amazonaws.dynamodb.v20120810#${type}`;
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify({ __type: name, message }));
}

function serve(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{"Item":{"pk":{"S":"one"}}}');
}

/** When a request says that it was signed, in milliseconds since the epoch. */
function timeOf(request: IncomingMessage): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(request.headers['x-amz-date'])) ?? [];
  const [year, month, day, hour, minute, second] = parts.map(Number) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
