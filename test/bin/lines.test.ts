import { describe, expect, it } from '@jest/globals';
import { checkLines, checksSummary } from '../../bin/check-lines';
import { duration } from '../../bin/duration';
import { table, terminal } from '../../bin/terminal';
import { seconds } from '../../core/paint';

const PLAIN = terminal(false, { NO_COLOR: '1' }).paint;

describe('a check for people', () => {
  const CHECK = { id: 8, name: 'no double execution', milliseconds: 1234 } as const;

  it('shows numbers on one line and tables on their own', () => {
    const evidence = {
      calls: 60,
      unknownSessionErrors: 0,
      sessionsPerInstance: { everything: { a1: 7 } },
      lost: [{ client: 'v1', row: 'unknown' }],
    };
    expect(checkLines({ ...CHECK, status: 'pass', evidence }, PLAIN)).toEqual([
      '  ✔ pass       8 no double execution  1.2 s',
      '      calls 60 · unknown session errors 0',
      '      sessions per instance: everything (a1 7)',
      '      lost:',
      '        client v1 · row unknown',
    ]);
  });

  it('shows why it failed and what is not built', () => {
    const lines = checkLines({ ...CHECK, status: 'fail', evidence: {}, failures: ['2 rows'], missing: 'the fence' }, PLAIN);
    expect(lines).toEqual(['  ✘ FAIL       8 no double execution  1.2 s', '      ✘ 2 rows', '      missing the fence']);
  });

  it('counts long lists instead of showing them', () => {
    const lines = checkLines({ ...CHECK, status: 'pass', evidence: { rows: Array.from({ length: 8 }, (_, row) => ({ row })) } }, PLAIN);
    expect(lines.slice(-2)).toEqual(['        row 5', '        … and 2 more']);
  });

  it('sums up', () => {
    const results = (['pass', 'pass', 'fail', 'not_built'] as const).map((status) => ({ ...CHECK, status, evidence: {} }));
    expect(checksSummary(results)).toBe('2 of 4 checks pass, 1 failed, 1 not built yet');
    const unprobed = [...results, { ...CHECK, status: 'not_probed' as const, evidence: {} }];
    expect(checksSummary(unprobed)).toBe('2 of 5 checks pass, 1 failed, 1 not built yet, 1 not probed');
  });
});

describe('words of the command line', () => {
  it.each([
    ['90s', 90],
    ['15m', 900],
    ['1h', 3600],
    ['24h', 86_400],
  ])('reads %s as %d seconds', (text, expected) => {
    expect(duration(text)).toBe(expected);
  });

  it.each(['', '15', '0s', '25h', '-1m', '1d', '1.5h', '99999999s'])('refuses "%s" as a duration', (text) => {
    expect(() => duration(text)).toThrow(`"${text}" is not a duration`);
  });

  it('lines up a table', () => {
    expect(table(['ROLE', 'PID'], [['gateway', '1']])).toEqual(['ROLE     PID', 'gateway  1']);
  });

  it('shows times as people read them', () => {
    expect([seconds(3.4), seconds(999), seconds(61_250)]).toEqual(['3 ms', '999 ms', '61.3 s']);
  });

  it('colours only where it is wanted', () => {
    expect(terminal(false, { FORCE_COLOR: '1' }).paint.red('no')).toBe('\x1b[31mno\x1b[39m');
    for (const environment of [{ FORCE_COLOR: '0' }, { NO_COLOR: '1', FORCE_COLOR: '1' }, { CI: 'true' }]) {
      expect(terminal(false, environment).paint.red('no')).toBe('no');
    }
  });
});
