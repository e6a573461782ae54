import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { grant, type Rig, startRig } from '../rig';
import { expiredCertificate } from './expired-certificate';
import { call } from './messages';

let rig: Rig;
let server: Server;
let broken: TcpServer;
let expired: Server;
/** Gives the server with the expired certificate another one. */
let renew: () => void;
let executed = 0;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=private', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ],
    { stdio: 'ignore' },
  );
  const pem = readFileSync(cert, 'utf8');
  const answer: RequestListener = async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    executed++;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } }));
  };
  const good = { key: readFileSync(key), cert: pem };
  const old = expiredCertificate();
  server = createServer(good, answer);
  expired = createServer(old, answer);
  renew = () => expired.setSecureContext(good);
  rmSync(folder, { recursive: true });
  broken = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('no handshake'));
  });
  for (const listening of [server, broken, expired]) {
    listening.listen(0, '127.0.0.1');
    await once(listening, 'listening');
  }
  const port = (of: Server | TcpServer): number => (of.address() as AddressInfo).port;
  const recovery = { attempts: 1, seconds: 1 };
  rig = await startRig({
    untrusted: { remoteUrl: `https://127.0.0.1:${port(server)}/mcp`, recovery },
    named: { remoteUrl: `https://localhost:${port(server)}/mcp`, remote: { certificateAuthorities: pem }, recovery },
    trusted: { remoteUrl: `https://127.0.0.1:${port(server)}/mcp`, remote: { certificateAuthorities: pem }, recovery },
    expired: { remoteUrl: `https://127.0.0.1:${port(expired)}/mcp`, remote: { certificateAuthorities: old.cert + pem }, recovery },
    broken: { remoteUrl: `https://127.0.0.1:${port(broken)}/mcp`, recovery },
  });
  for (const name of ['untrusted', 'named', 'trusted', 'broken', 'expired']) await grant(rig, 'support', name, ['*']);
});
afterAll(async () => {
  await rig.stop();
  server.closeAllConnections();
  server.close();
  broken.close();
  expired.closeAllConnections();
  expired.close();
});

test.each([
  ['a certificate of nobody who is trusted', 'untrusted'],
  ['a certificate for another name', 'named'],
  ['a handshake that breaks', 'broken'],
  ['a certificate that has expired', 'expired'],
])('%s: nothing was sent, and the key is free', async (_, name) => {
  for (const attempt of [1, 2]) {
    const { error } = await rig.ask('support', name, call('pay', {}, 'key-1', attempt));
    expect(error.data).toMatchObject({ error: 'NOT_DELIVERED', outcome: 'not_executed', retry: 'safe' });
  }
  expect((await rig.rows()).filter((row) => row.server === name && row.pk.endsWith('k:key-1')).map(({ state }) => state)).toEqual([
    'not_executed',
  ]);
  expect(executed).toBe(0);
});

test('a certificate of an authority that the operator names is trusted', async () => {
  const { result } = await rig.ask('support', 'trusted', call('pay', {}, 'key-1'));
  expect(result.content).toEqual([]);
  expect(executed).toBe(1);
});

test('a certificate that was renewed is believed at once, and the call that it kept away is made by its key', async () => {
  const before = executed;
  renew();
  const { result } = await rig.ask('support', 'expired', call('pay', {}, 'key-1', 3));
  expect([result.content, executed - before]).toEqual([[], 1]);
});
