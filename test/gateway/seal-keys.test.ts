import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openSession, SESSION_LIFETIME_SECONDS, sealKey, sealSession } from '../../core/sealed-session';
import { KEEP_SEAL_KEY_MS, KEY_PUBLISH_MS, KEY_REFRESH_MS, readKeyRing, rotated } from '../../core/secrets/key-ring';
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

const LIFE_MS = SESSION_LIFETIME_SECONDS * 1_000;
const binding = { agent: 'agent', server: 'payments' };
const session = { upstream: 'u', generation: 0, revision: '2025-11-25', issuedAt: 1 };

test('a secret that was never rotated has one key', async () => {
  expect((await RotatingSealKeys.load(secrets, 'seal')).all).toEqual([sealKey('first')]);
});

test('a key that somebody has replaced by hand still opens ids', async () => {
  const keys = await RotatingSealKeys.load(secrets, 'seal');
  const id = sealSession(session, binding, keys.all[0]);
  versions = { AWSCURRENT: 'second', AWSPREVIOUS: 'first' };
  await keys.refresh();
  expect(openSession(id, binding, keys.all, 2)).toEqual(session);
  expect(keys.all[0]).toEqual(sealKey('second'));
});

test('however often it is rotated, replicas that have and have not read it open each other’s ids as long as sessions live', async () => {
  let now = 0;
  const replica = () => RotatingSealKeys.load(secrets, 'seal', () => now);
  const replicas = [await replica(), await replica(), await replica()] as const;
  const ids: { id: string; at: number }[] = [];
  for (let rotation = 1; rotation <= 12; rotation++) {
    versions = {
      AWSCURRENT: rotated(readKeyRing(versions.AWSCURRENT as string), {
        key: `key ${rotation}`,
        now,
        publishMs: KEY_PUBLISH_MS,
        keepMs: KEEP_SEAL_KEY_MS,
      }),
      AWSPREVIOUS: versions.AWSCURRENT as string,
    };
    // One reads it at once, one as late as it may, and one before that.
    for (const [at, late] of [0, KEY_REFRESH_MS, KEY_REFRESH_MS - 1].entries()) {
      now += late - (at === 2 ? KEY_REFRESH_MS : 0);
      await replicas[at]?.refresh();
      for (const one of replicas) ids.push({ id: sealSession(session, binding, one.all[0]), at: now });
      for (const one of replicas)
        for (const { id, at } of ids) if (now - at < LIFE_MS) expect(openSession(id, binding, one.all, 2)).toEqual(session);
    }
    now += 24 * 3_600_000;
    expect(new Set(replicas.map((one) => one.all[0].toString('hex'))).size).toBe(1);
  }
  expect(replicas[0].all[0]).toEqual(sealKey('key 12'));
  expect(replicas[0].all.length).toBeLessThan(10);
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
