import { describe, expect, it } from '@jest/globals';
import { type Findings, runCheck } from '../../checks/check';
import type { CheckedFleet } from '../../checks/fleet';

/** None of these checks looks at the fleet. */
const FLEET = {} as CheckedFleet;

async function verdict(run: () => Promise<Findings>, limitMs?: number) {
  const { milliseconds, ...result } = await runCheck({ id: 4, name: 'example', run }, FLEET, limitMs);
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

  it('says that nothing was probed where what the check is about was not seen', async () => {
    const notProbed = ['No agent may use it'];
    const common = { evidence: {}, failures: [], notProbed };
    expect(await verdict(async () => common)).toMatchObject({ status: 'not_probed', notProbed });
    expect(await verdict(async () => ({ ...common, proven: true }))).toMatchObject({ status: 'pass', notProbed });
    expect(await verdict(async () => ({ ...common, missing: 'the queue' }))).toMatchObject({ status: 'not_built', notProbed });
    expect(await verdict(async () => ({ ...common, failures: ['a row'] }))).toMatchObject({ status: 'fail', notProbed });
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
