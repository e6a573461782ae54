import { expect, it } from '@jest/globals';
import type { CheckResult } from '../../checks/check';
import { cli } from './fleet';

/** `mcp-fleet local --once --json`: what a script, or a person before a merge, relies on. */
it('proves the eight checks with one JSON document on stdout, and ends with 0', async () => {
  const { code, stdout, stderr } = await cli(['local', '--once', '--json', '--port', '0']);
  const document = JSON.parse(stdout) as { checks: CheckResult[] };
  expect(stdout.trim().split('\n')).toHaveLength(1);

  const failed = document.checks.filter(({ status }) => status === 'fail');
  expect({ failed, stderr: failed.length === 0 ? '' : stderr }).toEqual({ failed: [], stderr: '' });
  expect(code).toBe(0);
  expect(document.checks.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  for (const check of document.checks) {
    expect(Object.keys(check.evidence).length).toBeGreaterThan(0);
    expect(check.missing === undefined).toBe(check.status !== 'not_built');
  }

  const evidence = (id: number) => document.checks.find((check) => check.id === id)?.evidence;
  expect(evidence(1)).toMatchObject({
    sessionsOpenAtOnce: 60,
    sessionsSeenOnOneInstance: 60,
    unknownSessionErrors: 0,
    callsPerSession: 20,
  });
  expect(evidence(6)?.callsFoundComplete).toBe(evidence(1)?.calls);
});
