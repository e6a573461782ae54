import { describe, expect, it } from '@jest/globals';
import { type Findings, runCheck } from '../../../local/checks/check';
import type { LocalAccount } from '../../../local/local-account';

/** None of these checks looks at the account. */
const ACCOUNT = {} as LocalAccount;

async function verdict(run: () => Promise<Findings>, limitMs?: number) {
  const { milliseconds, ...result } = await runCheck({ id: 4, name: 'example', run }, ACCOUNT, limitMs);
  expect(milliseconds).toBeGreaterThanOrEqual(0);
  return result;
}

describe('runCheck', () => {
  it('passes what held everything and lacks nothing', async () => {
    expect(await verdict(async () => ({ evidence: { calls: 3 }, failures: [] }))).toEqual({
      id: 4,
      name: 'example',
      status: 'pass',
      evidence: { calls: 3 },
    });
  });

  it('says that a part is not built where all that exists is right', async () => {
    expect(await verdict(async () => ({ evidence: {}, failures: [], missing: 'the queue' }))).toMatchObject({
      status: 'not_built',
      missing: 'the queue',
    });
  });

  it('fails what is wrong, also where a part is missing', async () => {
    const failures = ['2 rows were found; expected 1'];
    expect(await verdict(async () => ({ evidence: {}, failures, missing: 'the queue' }))).toMatchObject({ status: 'fail', failures });
  });

  it('fails a check that throws', async () => {
    const result = await verdict(() => Promise.reject(new RangeError('nothing answered')));
    expect(result).toMatchObject({ status: 'fail', failures: ['The check ended with RangeError: nothing answered'] });
  });

  it('fails a check that does not end', async () => {
    const result = await verdict(() => new Promise(() => {}), 20);
    expect(result).toMatchObject({ status: 'fail', failures: ['The check ended with Error: no end within 0.02 s'] });
  });
});
