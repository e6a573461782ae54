import { describe, expect, it } from '@jest/globals';
import { terminal } from '../../../bin/terminal';
import { line, newest, ofKey, widthsOf } from '../../../ledger/printing/lines';
import { timeline } from '../../../ledger/printing/timeline';
import type { LedgerRow } from '../../../ledger/row';

const PLAIN = terminal(false, { NO_COLOR: '1' }).paint;

describe('a ledger row', () => {
  const ROW: LedgerRow = {
    pk: 'payments#a#k:order-17',
    callId: 'c-1',
    idempotencyKey: 'order-17',
    server: 'payments',
    agent: 'a',
    issuer: 'https://issuer.test',
    subject: 'treasury',
    tool: 'transfer',
    argumentsDigest: 'd',
    arguments: '{"amount":5}',
    stateChanging: true,
    state: 'unknown',
    fence: 'f',
    owner: 'g',
    claimedAt: Date.UTC(2026, 8, 1, 12, 0, 0, 5),
    sentAt: Date.UTC(2026, 8, 1, 12, 0, 0, 8),
    settledAt: Date.UTC(2026, 8, 1, 12, 0, 2, 5),
    leaseUntil: 0,
    reason: 'the server ended',
  };

  it.each(['idempotencyKey', 'tool', 'subject', 'reason'] as const)(
    'is one line without colours of its own, whatever its %s says',
    (name) => {
      const forged = `k\n12:00:00.000  treasury  payments.transfer  \x1b[32mconfirmed\x1b[39m\u202e\u{e0041}\u200b\x9b2J`;
      const row = { ...ROW, [name]: forged };
      for (const text of [line(row, PLAIN), ...timeline(row, PLAIN)]) expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u200b\u{e0041}]/u);
    },
  );

  it('columns hold whatever the names are, but for one that is longer than anybody reads', () => {
    const rows = [ROW, { ...ROW, subject: 'arn:aws:iam::000000000000:role/Agent' }, { ...ROW, tool: 'x'.repeat(45) }];
    const column = (row: LedgerRow) => line(row, PLAIN, widthsOf(rows)).indexOf('confirmed');
    expect(new Set(rows.map(column)).size).toBe(1);
    const endless = { ...ROW, tool: 'x'.repeat(1_000) };
    expect(line(ROW, PLAIN, widthsOf([ROW, endless])).length).toBeLessThan(250);
  });

  it('fits on one line', () => {
    expect(line(ROW, PLAIN)).toMatch(
      /^12:00:00\.005 {2}treasury .*payments\.transfer .*unknown .*2\.0 s {2}key order-17 {2}the server ended$/,
    );
  });

  it('tells its steps by its state, where it is from before histories were kept', () => {
    expect(timeline(ROW, PLAIN)).toEqual([
      'call       c-1',
      'key        order-17',
      'agent      treasury (https://issuer.test)',
      'tool       payments.transfer',
      'arguments  {"amount":5}',
      '2026-09-01T12:00:00.005Z  claimed',
      '    +3 ms                 sent',
      '   +2.0 s                 unknown',
      'reason     the server ended',
      'result     (none)',
      '',
    ]);
  });

  it('tells who settled what nobody could tell', () => {
    const resolved: LedgerRow = {
      ...ROW,
      state: 'not_executed',
      resolvedBy: 'ada',
      resolvedAt: ROW.claimedAt + 60_000,
      resolutionReason: 'no such payment at the bank',
    };
    expect(timeline(resolved, PLAIN).slice(-6)).toEqual([
      '   +2.0 s                 unknown',
      'reason     the server ended',
      '  +60.0 s                 not_executed, says ada',
      'reason     no such payment at the bank',
      'result     (none)',
      '',
    ]);
  });

  const at = (ms: number) => ROW.claimedAt + ms;
  const WITH_HISTORY: LedgerRow = {
    ...ROW,
    state: 'confirmed',
    result: '{"ok":true}',
    resolvedBy: 'ada',
    history: [
      { at: at(0), state: 'claimed', by: 'gw-1' },
      { at: at(3), state: 'sent', by: 'gw-1' },
      { at: at(961_000), state: 'unknown', by: 'janitor', because: 'its gateway died and nobody has asked since' },
      { at: at(3_600_000), state: 'confirmed', by: 'ada', because: 'the bank shows it' },
    ],
  };
  const refer = (callId: string, reason: string, claimedAt: number, change: Partial<LedgerRow> = {}): LedgerRow => {
    const { history, ...row } = WITH_HISTORY;
    return { ...row, callId, reason, claimedAt, state: 'not_executed', ...change };
  };

  it('tells its history, and who came in between', () => {
    const references = [
      refer('c-3', 'REPLAYED: c-1', at(3_700_000)),
      refer('c-2', 'RECONCILE: c-1', at(970_000), { tool: 'find_transfer', state: 'confirmed' }),
      refer('c-9', 'REPLAYED: another', at(1)),
    ];
    expect(timeline(WITH_HISTORY, PLAIN, references).slice(5)).toEqual([
      '2026-09-01T12:00:00.005Z  claimed       by gw-1',
      '    +3 ms                 sent          by gw-1',
      ' +961.0 s                 unknown       by janitor: its gateway died and nobody has asked since',
      ' +970.0 s                 looked for    by find_transfer, which was confirmed (call c-2)',
      '+3600.0 s                 confirmed     by ada: the bank shows it',
      '+3700.0 s                 asked again   by treasury, told this outcome (call c-3)',
      'result     {"ok":true}',
      '',
    ]);
  });

  it('keeps the order in which its steps were written, whatever the clocks of their writers say', () => {
    const history = [
      { at: at(0), state: 'claimed', by: 'gw-1' },
      { at: at(-4), state: 'sent', by: 'gw-1' },
    ] as const;
    expect(timeline({ ...ROW, history }, PLAIN).slice(5, 7)).toEqual([
      '2026-09-01T12:00:00.005Z  claimed       by gw-1',
      '    -4 ms                 sent          by gw-1',
    ]);
  });

  it('is found by its key with the calls that it replaced, and those that refer to one of them', () => {
    const first = { ...WITH_HISTORY, callId: 'c-0', claimedAt: at(-9_000), state: 'not_executed' } as const;
    const replay = refer('c-3', 'REPLAYED: c-1', at(5));
    const fenced = refer('c-4', 'FENCED: c-1', at(6));
    const read = refer('c-5', 'RECONCILE: c-0', at(4), { idempotencyKey: undefined });
    const rows = [replay, read, WITH_HISTORY, first, fenced, { ...WITH_HISTORY, callId: 'c-8', idempotencyKey: 'order-18' }];
    const ids = (found: readonly LedgerRow[]) => found.map(({ callId }) => callId);

    const byKey = ofKey(rows, 'order-17');
    expect([ids(byKey.calls), ids(byKey.references)]).toEqual([
      ['c-0', 'c-1'],
      ['c-5', 'c-3', 'c-4'],
    ]);
    const byId = ofKey(rows, 'c-1');
    expect([ids(byId.calls), ids(byId.references)]).toEqual([['c-1'], ['c-3', 'c-4']]);
    expect(ids(ofKey(rows, 'c-3').calls)).toEqual(['c-3']);
    expect(ofKey(rows, 'never')).toEqual({ calls: [], references: [] });
  });

  it('is sorted by time, and the newest are kept', () => {
    const rows = [3, 1, 2].map((claimedAt) => ({ ...ROW, claimedAt }));
    expect(newest(rows, 2).map(({ claimedAt }) => claimedAt)).toEqual([2, 3]);
  });
});
