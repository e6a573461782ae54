import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openSession, sealKey, sealSession } from '../../core/sealed-session';
import { RotatingSealKeys } from '../../gateway/identity/seal-keys';

/** Versions of the one secret by staging label, as Secrets Manager answers for them. */
let versions: Record<string, string>;
let server: Server;
let secrets: SecretsManagerClient;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const value = versions[JSON.parse(body).VersionStage ?? 'AWSCURRENT'];
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (value !== undefined) return response.end(JSON.stringify({ SecretString: value }));
    response.statusCode = 400;
    response.end(JSON.stringify({ __type: versions.error ?? 'ResourceNotFoundException', message: 'no such version' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  secrets = new SecretsManagerClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  versions = { AWSCURRENT: 'first' };
});

const binding = { agent: 'agent', server: 'payments' };
const session = { upstream: 'u', generation: 0, revision: '2025-11-25', issuedAt: 1 };

test('a secret that was never rotated has one key', async () => {
  expect((await RotatingSealKeys.load(secrets, 'seal')).all).toEqual([sealKey('first')]);
});

test('a rotation while a replica runs loses no session, and two rotations end the oldest', async () => {
  const keys = await RotatingSealKeys.load(secrets, 'seal');
  const id = sealSession(session, binding, keys.all[0]);
  versions = { AWSCURRENT: 'second', AWSPREVIOUS: 'first' };
  await keys.refresh();
  expect(openSession(id, binding, keys.all, 2)).toEqual(session);
  expect(keys.all[0]).toEqual(sealKey('second'));
  versions = { AWSCURRENT: 'third', AWSPREVIOUS: 'second' };
  await keys.refresh();
  expect(openSession(id, binding, keys.all, 2)).toBeUndefined();
});

test('a replica that cannot read the secret again goes on with what it has', async () => {
  const keys = await RotatingSealKeys.load(secrets, 'seal');
  versions = { error: 'InternalServiceError' };
  await expect(keys.refresh()).rejects.toThrow();
  expect(keys.all).toEqual([sealKey('first')]);
});

test('a replica without a key does not start', async () => {
  versions = {};
  await expect(RotatingSealKeys.load(secrets, 'seal')).rejects.toThrow();
});
