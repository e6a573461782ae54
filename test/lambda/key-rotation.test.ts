import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { SEAL_KEY_VARIABLE } from '../../core/fleet-config';
import { KEY_PUBLISH_MS, readKeyRing } from '../../core/secrets/key-ring';
import { SecretStore } from '../../local/secrets/secret-store';
import { answerSecretsManager } from '../../local/secrets/secrets-manager';
import { bundleFunction, type StartedFunction, startFunction } from './runtime-api';

const SEAL = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:seal-abcdef';
const SIDECAR = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:sidecar-abcdef';

let secretsManager: Server;
let store: SecretStore;
let fn: StartedFunction;

beforeAll(async () => {
  secretsManager = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const operation = String(request.headers['x-amz-target']).replace('secretsmanager.', '');
    const answer = answerSecretsManager(operation, JSON.parse(body), store);
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer.body));
  }).listen(0, '127.0.0.1');
  await once(secretsManager, 'listening');
  fn = await startFunction(bundleFunction('key-rotation'), {
    [SEAL_KEY_VARIABLE]: SEAL,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(secretsManager.address() as AddressInfo).port}`,
  });
});
afterAll(async () => {
  await fn.stop();
  secretsManager.closeAllConnections();
  secretsManager.close();
});
beforeEach(() => {
  store = new SecretStore();
  for (const arn of [SEAL, SIDECAR])
    store.create(arn, arn.split(':').at(-1) as string, 'Stack/Key', () => 'the key that was generated first, as a text');
});

const ringOf = (arn: string) => readKeyRing(store.find(arn)?.value ?? '');
const step = (Step: string, SecretId: string, ClientRequestToken: string) => fn.invoke({ Step, SecretId, ClientRequestToken });
const rotate = async (arn: string, steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) => {
  const version = randomUUID();
  store.begin(arn, version);
  for (const name of steps) expect(await step(name, arn, version)).toEqual({ result: null });
};

test('each rotation adds a key, which is known before it is used; the ones before stay', async () => {
  const before = Date.now();
  await rotate(SEAL);
  await rotate(SEAL);
  const [first, second, third] = ringOf(SEAL);
  expect(first).toEqual({ key: 'the key that was generated first, as a text', from: 0 });
  for (const made of [second, third]) {
    expect(made?.key).toMatch(/^[\w-]{64}$/);
    expect(made?.from).toBeGreaterThanOrEqual(before + KEY_PUBLISH_MS);
  }
  expect(second?.key).not.toBe(third?.key);
  expect(ringOf(SIDECAR)).toHaveLength(1);
  expect(fn.output()).toContain('"event":"key_rotation"');
  expect(fn.output()).not.toContain(third?.key);
});

test('steps that come twice, as they may, change nothing more', async () => {
  await rotate(SIDECAR, ['createSecret', 'createSecret', 'setSecret', 'testSecret', 'testSecret', 'finishSecret', 'finishSecret']);
  expect(ringOf(SIDECAR)).toHaveLength(2);
});

test('what is no ring, and a version that lacks the present keys, is not made the present one', async () => {
  store.put(SEAL, '{"keys":"none"}');
  const version = randomUUID();
  store.begin(SEAL, version);
  expect((await step('createSecret', SEAL, version)).error?.errorMessage).toContain('it is no ring of keys');
  store.put(SIDECAR, 'a key that somebody has put there by hand');
  store.stage(SIDECAR, version, '{"keys":[{"key":"another","from":0}]}');
  expect((await step('testSecret', SIDECAR, version)).error?.errorMessage).toContain('lacks the newest key of the present one');
});
