import { expect, it } from '@jest/globals';
import type { CheckResult } from '../../checks/check';
import { cli } from './fleet';

/** `mcp-fleet local --once --json`: what a script, or a person before a merge, relies on. */
it('proves the eight checks with one JSON document on stdout, and ends with 0', async () => {
  const { code, stdout, stderr } = await cli(['local', '--once', '--json', '--port', '0']);
  const document = JSON.parse(stdout) as { fleet: string; checks: CheckResult[] };
  expect(document.fleet).toBe('acme');
  expect(stdout.trim().split('\n')).toHaveLength(1);

  const failed = document.checks.filter(({ status }) => status === 'fail');
  expect({ failed, stderr: failed.length === 0 ? '' : stderr }).toEqual({ failed: [], stderr: '' });
  // The instance that a check kills is no crash.
  expect(stderr).not.toMatch(/✘ \w+ (was|exited)|is healthy again/);
  expect(code).toBe(0);
  expect(document.checks.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const passed = document.checks.filter(({ status }) => status === 'pass');
  expect(passed.map(({ id }) => id)).toEqual(expect.arrayContaining([1, 4, 6, 7, 8]));
  for (const check of document.checks) {
    expect(Object.keys(check.evidence).length).toBeGreaterThan(0);
    expect(check.missing === undefined).toBe(check.status !== 'not_built');
    expect(check.status).not.toBe('not_probed');
  }

  const evidence = (id: number) => document.checks.find((check) => check.id === id)?.evidence;
  expect(evidence(1)).toMatchObject({
    sessionsOpenAtOnce: 60,
    sessionsSeenOnOneInstance: 60,
    unknownSessionErrors: 0,
    callsPerSession: 20,
  });
  expect(evidence(6)?.callsFoundComplete).toBe(evidence(1)?.calls);
  expect(evidence(1)).toMatchObject({ pingsAmongThem: 0 });
  expect(evidence(5)).toMatchObject({
    secretsOfServers: ['payments/server PAYMENTS_API_KEY', 'payments/sidecar MCP_FLEET_SECRET_PAYMENTS_API_KEY'],
    resultsThatCarryOne: [],
    ledgerRowsThatCarryOne: [],
  });
  expect(evidence(5)?.resultsMasked).toBeGreaterThan(0);
});

it('starts, says so and ends with 0 where no checks are wanted', async () => {
  const { code, stdout } = await cli(['local', '--once', '--no-checks', '--json', '--port', '0']);
  expect({ code, document: JSON.parse(stdout) }).toEqual({ code: 0, document: { fleet: 'acme', checks: [] } });
});
