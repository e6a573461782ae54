import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { entry, ISSUER } from './allowlist-table';
import { bundleFunction, type Invoked, startFunction } from './runtime-api';

const ROW = marshall(entry('agent', 'payments', 'allow', ['*']), { removeUndefinedValues: true });

let folder: string;
let table: Server;
let certificate: string;
const seen = { connections: 0, requests: 0 };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tls-'));
  certificate = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-keyout', key, '-out', certificate];
  const subject = ['-subj', '/CN=private', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' });
  table = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    seen.requests++;
    request.resume().on('end', () => response.end(JSON.stringify({ Count: 1, ScannedCount: 1, Items: [ROW] })));
  }).listen(0, '127.0.0.1');
  table.on('connection', () => seen.connections++);
  await once(table, 'listening');
}, 30_000);

afterAll(() => {
  table.closeAllConnections();
  table.close();
  rmSync(folder, { recursive: true });
});

test('reads over TLS, of whom it trusts alone, by one connection', async () => {
  expect((await askTwice({})).map(({ error }) => error?.errorType)).toEqual(['Error', 'Error']);
  expect(seen.requests).toBe(0);
  seen.connections = 0;
  const trusting = await askTwice({ NODE_EXTRA_CA_CERTS: certificate });
  expect(trusting.map(({ result }) => result)).toEqual(Array(2).fill(expect.objectContaining({ effect: 'allow' })));
  expect(seen).toEqual({ connections: 1, requests: 2 });
}, 30_000);

async function askTwice(environment: Record<string, string>): Promise<Invoked[]> {
  const endpoint = `https://127.0.0.1:${(table.address() as AddressInfo).port}`;
  const tables = { ALLOWLIST_TABLE: 'allowlist', DIRECTORY_TABLE: 'directory', AWS_ENDPOINT_URL_DYNAMODB: endpoint };
  const authorizer = await startFunction(bundleFunction('authorizer'), { ...tables, ...environment });
  const event = { kind: 'mcp-fleet.authorize', agent: { issuer: ISSUER, subject: 'agent' }, server: 'payments' };
  try {
    return [await authorizer.invoke(event), await authorizer.invoke(event)];
  } finally {
    await authorizer.stop();
  }
}
