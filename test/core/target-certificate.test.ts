import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { expect, test } from '@jest/globals';
import { targetCertificate } from '../../core/target-certificate';

const NOW = Date.UTC(2026, 10, 28);

test('a program speaks TLS with it, as the ciphers of a load balancer towards its targets allow', async () => {
  // ELBSecurityPolicy-2016-08, which Application Load Balancers use for targets.
  const server = createServer({ ...(await targetCertificate(NOW)), ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' });
  server.on('request', (_, response) => response.end('there')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const request = get({ host: '127.0.0.1', port, rejectUnauthorized: false, agent: false });
  const [answer] = await once(request, 'response');
  expect([answer.statusCode, (answer.socket as TLSSocket).getProtocol()]).toEqual([200, 'TLSv1.2']);
  answer.resume();
  server.close();
});

test('each start has a key of its own, and a certificate that outlasts any task', async () => {
  const [one, other] = [await targetCertificate(NOW), await targetCertificate(NOW)];
  expect(one.key).not.toBe(other.key);
  const { validTo, validFrom, publicKey } = new X509Certificate(one.cert);
  expect(publicKey.asymmetricKeyType).toBe('ec');
  expect(new Date(validFrom).getTime()).toBeLessThan(NOW);
  expect(new Date(validTo).getUTCFullYear()).toBeGreaterThan(2035);
});
