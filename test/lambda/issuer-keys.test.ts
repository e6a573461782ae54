import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ISSUER_KEY_TIMES } from '../../core/issuer-keys';
import { type RotatingIssuer, startRotatingIssuer } from '../gateway/rotating-issuer';
import { startAllowlist } from './allowlist-table';
import { bundleFunction, type StartedFunction, startFunction } from './runtime-api';

/** What the authorizer of an API says while an issuer changes its keys, or cannot be asked for them. */

const { fresh, stale, pause } = ISSUER_KEY_TIMES;
let table: Awaited<ReturnType<typeof startAllowlist>>;
let taskRoot: string;

beforeAll(async () => {
  table = await startAllowlist();
  taskRoot = bundleFunction('authorizer');
}, 30_000);
afterAll(() => table.stop());

/** A function of its own, whose clock a test sets. */
async function withFunction(
  run: (issuer: RotatingIssuer, told: (kid: string) => Promise<string>, skew: (ms: number) => void, one: StartedFunction) => Promise<void>,
): Promise<void> {
  const issuer = await startRotatingIssuer();
  const folder = mkdtempSync(join(tmpdir(), 'clock-'));
  const skew = (ms: number) => writeFileSync(join(folder, 'skew'), String(ms));
  skew(0);
  const clock = `const now = Date.now; Date.now = () => now() + Number(require('fs').readFileSync(${JSON.stringify(join(folder, 'skew'))}, 'utf8'));`;
  writeFileSync(join(folder, 'clock.cjs'), clock);
  const environment = {
    ...table.environment,
    MCP_FLEET_IDENTITY: JSON.stringify({ issuer: issuer.url, audience: ['fleet'], audienceClaim: 'aud' }),
    NODE_OPTIONS: `--require ${join(folder, 'clock.cjs')}`,
  };
  const one = await startFunction(taskRoot, environment, 2 * stale);
  const told = async (kid: string) => {
    const bearer = await issuer.token(kid, { sub: 'anybody', aud: 'fleet', seconds: 36_000 });
    const { result, error } = await one.invoke({
      type: 'REQUEST',
      methodArn: 'arn:aws:execute-api:eu-central-1:123456789012:api1/prod/POST/payments/mcp',
      path: '/payments/mcp',
      headers: { Authorization: `Bearer ${bearer}` },
    });
    return result === undefined ? (error?.errorMessage as string) : 'known';
  };
  try {
    await run(issuer, told, skew, one);
  } finally {
    await one.stop();
    issuer.stop();
  }
}

test('keys come and go as at the gateway', () =>
  withFunction(async (issuer, told, skew) => {
    expect(await told('k1')).toBe('known');
    await issuer.rotate('k2', ['k1']);
    // So soon after the last question nobody is asked again, whatever keys are named.
    for (const kid of ['k2', 'stranger-1', 'stranger-2']) expect(await told(kid)).toBe('Unauthorized');
    expect(issuer.asked).toHaveLength(2);
    skew(pause + 1_000);
    expect([await told('k2'), await told('k1'), await told('stranger-3')]).toEqual(['known', 'Unauthorized', 'Unauthorized']);
    expect(issuer.asked).toHaveLength(4);
    await issuer.rotate('k3', ['k2']);
    skew(pause + fresh + 2_000);
    expect(await told('k2')).toBe('Unauthorized');
  }));

test('an issuer that is down is no 401, which would send clients to log in again', () =>
  withFunction(async (issuer, told, skew, one) => {
    issuer.fails = (response) => response.writeHead(500).end();
    expect([await told('k1'), await told('k1')]).toEqual([
      expect.stringMatching(/^The authorizer/),
      expect.stringMatching(/^The authorizer/),
    ]);
    expect(issuer.asked).toHaveLength(1);
    issuer.fails = undefined;
    skew(pause + 1_000);
    expect(await told('k1')).toBe('known');
    issuer.fails = (response) => response.destroy();
    skew(stale);
    expect(await told('k1')).toBe('known');
    skew(stale + 2 * pause);
    expect(await told('k1')).toMatch(/^The authorizer gave no decision: the keys of the issuer cannot be had/);
    expect(one.output()).not.toContain('Bearer');
  }));
