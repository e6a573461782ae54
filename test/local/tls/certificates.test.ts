import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Authority } from '../../../local/tls/authority';
import { Certificates } from '../../../local/tls/certificates';
import { Balancer } from '../fixtures/load-balancer';

const DAY = 24 * 60 * 60_000;
/** So long one of ACM lasts. */
const DAYS = 198;
const ARN = 'arn:aws:acm:us-east-1:000000000000:certificate/edge';

let folder: string;
let certificates: Certificates;
let balancer: Balancer;
let agent: Agent;
let clock: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  clock = Date.now();
  certificates = await Certificates.issuedBy(await Authority.make(clock), join(folder, 'authority.pem'), () => clock);
  balancer = await Balancer.start({}, {}, 60, certificates);
  await balancer.serve('one', (incoming, response) => response.end(incoming.headers['x-forwarded-proto']));
  agent = new Agent({ ca: readFileSync(join(folder, 'authority.pem')), keepAlive: true, maxCachedSessions: 100 });
});
afterEach(async () => {
  agent.destroy();
  await balancer.close();
  rmSync(folder, { recursive: true });
});

async function ask(options: RequestOptions = { agent }): Promise<string> {
  const asked = request(`${balancer.listener.origin}/app/`, options);
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += chunk;
  return text;
}

test('a listener that speaks TLS is believed by who trusts the authority, and says so to its targets', async () => {
  expect(await ask()).toBe('https');
  expect(balancer.listener.origin).toMatch(/^https:/);
  const code = await fetch(`${balancer.listener.origin}/app/`).catch(({ cause }) => cause.code);
  expect(code).toMatch(/^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT_LOCALLY)$/);
});

test('it is believed under the name of an edge, too, from when there is one', async () => {
  const named = { agent, servername: 'mcp.acme.example' };
  await expect(ask(named)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  await certificates.cover('mcp.acme.example');
  expect(await ask(named)).toBe('https');
  await certificates.end(clock + DAY);
  certificates.renew();
  agent.destroy();
  expect(await ask(named)).toBe('https');
});

test('when its certificate has ended, connections that stood are cut, new ones fail by name, and those after its renewal are good', async () => {
  expect(await ask()).toBe('https');
  await certificates.end(clock - 60_000);
  await expect(ask()).rejects.toThrow(); // the connection that stood
  for (let i = 0; i < 2; i++) await expect(ask()).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
  expect(certificates.struck).toBeGreaterThanOrEqual(2);
  certificates.renew();
  expect(await ask()).toBe('https');
});

test('a certificate that will end is as good as any other until then', async () => {
  await certificates.end(clock + 10 * DAY);
  expect(await ask()).toBe('https');
  expect(new Date(new X509Certificate(certificates.shown?.cert ?? '').validTo).getTime()).toBeLessThan(clock + 11 * DAY);
});

test('its days are counted while a listener has it, and no more when it has ended', async () => {
  const days = () => certificates.daysToExpiry().map(({ dimensions, value }) => [dimensions.CertificateArn, value]);
  expect(days()).toEqual([]);
  certificates.use(ARN);
  certificates.use(ARN);
  expect(days()).toEqual([[ARN, DAYS]]);
  clock += 100 * DAY;
  expect(days()).toEqual([[ARN, DAYS - 100]]);
  await certificates.end(clock);
  expect(days()).toEqual([]);
  certificates.renew();
  certificates.dismiss(ARN);
  expect(days()).toEqual([[ARN, DAYS]]);
  certificates.dismiss(ARN);
  expect(days()).toEqual([]);
});

test('without an authority days are counted all the same, and nobody speaks TLS', async () => {
  const plain = Certificates.plain(() => clock);
  plain.use(ARN);
  await plain.end(clock + 3.5 * DAY);
  expect([plain.shown, plain.authorityFile, plain.daysToExpiry()[0]?.value]).toEqual([undefined, undefined, 3]);
});
