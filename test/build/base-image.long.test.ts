import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../suites/root';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const digestOf = (character: string) => `sha256:${character.repeat(64)}`;

/** A registry that speaks as public ones do: it wants a token of its own first. */
let registry: Server;
let host: string;
let served = { type: INDEX, digest: digestOf('a') };
let file: string;

beforeAll(async () => {
  registry = createServer((request, response) => {
    const url = new URL(request.url ?? '', `http://${host}`);
    if (url.pathname === '/token') {
      const isMeant = url.searchParams.get('scope') === 'repository:library/node:pull' && url.searchParams.get('service') === 'images';
      return void response.writeHead(isMeant ? 200 : 403).end(JSON.stringify({ token: 'public' }));
    }
    if (request.headers.authorization !== 'Bearer public') {
      const challenge = `Bearer realm="http://${host}/token",service="images",scope="repository:library/node:pull"`;
      return void response.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    if (url.pathname !== '/v2/library/node/manifests/24-slim' || !request.headers.accept?.includes(INDEX))
      return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': served.type, 'docker-content-digest': served.digest }).end();
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
});
afterAll(() => void registry.close());
beforeEach(() => {
  served = { type: INDEX, digest: digestOf('a') };
  file = join(mkdtempSync(join(tmpdir(), 'base-image-')), 'Dockerfile');
  writeFileSync(file, `FROM ${host}/library/node:24-slim\nWORKDIR /app\n`);
});

function run(...options: string[]): Promise<{ readonly code: number; readonly said: string }> {
  return new Promise((resolve) =>
    execFile(process.execPath, [join(ROOT, 'build/base-image.mjs'), ...options, file], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
    ),
  );
}

test('a tag is pinned to the digest that it has, and again to the one that it has later', async () => {
  expect((await run('--check')).code).toBe(3);
  expect(await run()).toMatchObject({ code: 0, said: expect.stringContaining('it was not pinned') });
  expect(readFileSync(file, 'utf8')).toBe(`FROM ${host}/library/node:24-slim@${digestOf('a')}\nWORKDIR /app\n`);
  expect((await run('--check')).code).toBe(0);
  served = { type: INDEX, digest: digestOf('b') };
  expect((await run('--check')).code).toBe(3);
  await run();
  expect(readFileSync(file, 'utf8')).toContain(`:24-slim@${digestOf('b')}\n`);
});

test.each([
  ['an image for one processor', { type: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf('a') }],
  ['no digest', { type: INDEX, digest: 'latest' }],
])('%s pins nothing', async (_, answer) => {
  served = answer;
  expect(await run()).toMatchObject({ code: 1, said: expect.stringContaining('has no index of images') });
  expect(readFileSync(file, 'utf8')).not.toContain('@');
});

test('a tag that is not there is said, and nothing is written', async () => {
  writeFileSync(file, `FROM ${host}/library/node:23-slim\n`);
  expect(await run()).toMatchObject({ code: 1, said: expect.stringContaining('answers 404 for library/node:23-slim') });
});
