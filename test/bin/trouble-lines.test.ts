import { describe, expect, it, test } from '@jest/globals';
import { terminal } from '../../bin/terminal';
import { recoveryDocument, recoveryLine, troubleDocument, troubleLines } from '../../bin/trouble-lines';
import type { Trouble } from '../../bin/troubles';

const { paint } = terminal(false, { NO_COLOR: '1' });
const trouble = (change: Partial<Trouble> = {}): Trouble => ({
  event: 'failed',
  service: 'Shop-Payments',
  server: 'payments',
  role: 'server',
  container: 'server',
  task: 'ab12cd34',
  what: 'exited with code 1',
  exit: { code: 1, signal: null },
  lines: ['connecting', '', 'Error: no database'],
  retryMs: 200,
  times: 1,
  withinMs: 0,
  ...change,
});

describe('a trouble', () => {
  it('is one block: who, what, the last lines, and where there are more', () => {
    expect(troubleLines(trouble(), paint)).toEqual([
      '  ✘ payments exited with code 1; next try in 200 ms',
      '      │ connecting',
      '      │ Error: no database',
      '      more: mcp-fleet logs payments',
    ]);
  });

  test.each<[string, Partial<Trouble>, string]>([
    ['a loop', { times: 3, withinMs: 20_000, retryMs: 800 }, '✘ payments exited with code 1; 3rd time in 20.0 s, next try in 800 ms'],
    ['a sidecar', { role: 'sidecar', container: 'sidecar' }, '✘ payments: its sidecar exited with code 1; next try in 200 ms'],
    ['a gateway', { role: 'gateway', server: undefined as never }, '✘ gateway exited with code 1; next try in 200 ms'],
    ['a container of the company', { container: 'proxy' }, '✘ payments: its container proxy exited with code 1; next try in 200 ms'],
    [
      'one that the task can do without',
      { event: 'lost', container: 'router', retryMs: undefined as never },
      '✘ payments: its container router exited with code 1; its task goes on',
    ],
    [
      'no answer',
      { event: 'waiting', what: 'is not healthy after 15 s; last health answer: GET /readyz: status 503', retryMs: undefined as never },
      '○ payments is not healthy after 15 s; last health answer: GET /readyz: status 503',
    ],
    ['eleven times', { times: 11, withinMs: 1 }, '✘ payments exited with code 1; 11th time in 1 ms, next try in 200 ms'],
  ])('tells of %s', (_, change, line) => {
    expect(troubleLines(trouble(change), paint)[0]?.trim()).toBe(line);
  });

  it('shows eight lines of bounded length, which do nothing to the terminal', () => {
    const lines = [
      ...Array.from({ length: 30 }, (_, at) => `line ${at}`),
      '\x1b[31mred\x1b[0m \x1b]0;owned\x07\x9b2J\x1b[2Jcleared\r',
      JSON.stringify({ level: 'error', time: 'x', event: 'broke', why: '\x1b[2Jwiped\nout' }),
      'x'.repeat(1000),
    ];
    const said = troubleLines(trouble({ lines }), paint).slice(1, -1);
    expect(said).toHaveLength(8);
    expect(said.slice(0, 7)).toEqual([
      ...[25, 26, 27, 28, 29].map((at) => `      │ line ${at}`),
      '      │ red cleared',
      '      │ error  broke  why=wiped out',
    ]);
    expect(said[7]).toBe(`      │ ${'x'.repeat(159)}…`);
    expect((troubleDocument(trouble({ lines })) as Trouble).lines.join('')).not.toMatch(/\p{Cc}/u);
  });

  it('says so where there are no lines', () => {
    expect(troubleLines(trouble({ lines: [] }), paint)[1]).toBe('      it has written nothing');
  });

  it('is an event for programs', () => {
    expect(troubleDocument(trouble({ times: 2, withinMs: 900 }))).toEqual({
      event: 'trouble',
      kind: 'failed',
      service: 'Shop-Payments',
      server: 'payments',
      role: 'server',
      container: 'server',
      task: 'ab12cd34',
      what: 'exited with code 1',
      exitCode: 1,
      signal: null,
      times: 2,
      withinMs: 900,
      retryMs: 200,
      lines: ['connecting', 'Error: no database'],
      more: 'mcp-fleet logs payments',
    });
  });
});

it('a recovery is one line, or one event', () => {
  const recovery = { service: 'Shop-Payments', server: 'payments', role: 'server', times: 1, withinMs: 4000 } as const;
  expect(recoveryLine(recovery, paint)).toBe('  ✔ payments is healthy again');
  expect(recoveryLine({ ...recovery, times: 4, withinMs: 61_000 }, paint)).toBe(
    '  ✔ payments is healthy again, after 4 troubles in 61.0 s',
  );
  expect(recoveryDocument(recovery)).toEqual({ event: 'recovered', ...recovery });
});
