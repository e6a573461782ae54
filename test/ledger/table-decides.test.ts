import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { agentId } from '../../core/agent';
import type { ToolCall } from '../../gateway/call';
import { awaitDuplicate } from '../../gateway/ledger/duplicate';
import type { Ledger } from '../../ledger/ledger';
import { CONDITIONS, permits } from '../../ledger/protocol';
import { type LedgerRow, type LedgerState, ledgerKey } from '../../ledger/row';
import { type Rig, startRig } from '../gateway/rig';

let rig: Rig;
let ledger: Ledger;
let rows = 0;

beforeAll(async () => {
  rig = await startRig({ payments: {} });
  ledger = rig.gateway.ledger;
});
afterAll(() => rig.stop());

const STATES: readonly LedgerState[] = ['claimed', 'sent', 'confirmed', 'failed', 'not_executed', 'unknown', 'input_required'];

function newRow(change: Partial<LedgerRow> = {}): LedgerRow {
  const issuer = rig.gateway.config.identity.issuer;
  const agent = agentId({ issuer, subject: 'treasury' });
  rows++;
  return {
    pk: ledgerKey('payments', agent, `k:${rows}`),
    callId: `call-${rows}`,
    server: 'payments',
    agent,
    issuer,
    subject: 'treasury',
    tool: 'transfer',
    argumentsDigest: 'd',
    arguments: '{}',
    stateChanging: true,
    state: 'claimed',
    fence: 'mine',
    owner: 'replica',
    claimedAt: Date.now(),
    leaseUntil: Date.now() + 60_000,
    ...change,
  };
}

/** Where the name of a write is not that of a state. */
const ENDS_IN: Readonly<Record<string, LedgerState>> = { endUnsent: 'not_executed', notLanded: 'not_executed', resolve: 'confirmed' };

describe('the table decides as the conditions in core/ say, which the model of the protocol plays', () => {
  const standing = [undefined, ...STATES.flatMap((state) => ['mine', 'another'].map((fence) => ({ state, fence })))];
  const writes = [
    ['claim', CONDITIONS.begin(), (row: LedgerRow) => ledger.claim({ ...row, fence: 'new' }).then((found) => found === undefined)],
    [
      'reclaim',
      CONDITIONS.reclaim({ fence: 'mine' }),
      (row: LedgerRow) => ledger.reclaim({ ...row, fence: 'new' }, row, CONDITIONS.reclaim(row)).then((found) => found === undefined),
    ],
    ['notLanded', CONDITIONS.notLanded({ fence: 'mine' }), (row: LedgerRow) => ledger.notLanded(row, {}, 'read')],
    ['endUnsent', CONDITIONS.endUnsent({ fence: 'mine' }), (row: LedgerRow) => ledger.endUnsent(row, {})],
    [
      'resolve',
      CONDITIONS.resolve({ fence: 'mine' }),
      (row: LedgerRow) => ledger.resolve(row, { outcome: 'confirmed', resolvedBy: 'p', resolvedAt: 1, resolutionReason: 'seen' }),
    ],
    ...STATES.filter((state) => state !== 'claimed').map(
      (next) => [next, CONDITIONS.advance({ fence: 'mine' }, next), (row: LedgerRow) => ledger.advance(row, next, {})] as const,
    ),
  ] as const;

  test.each(writes)('%s', async (name, condition, write) => {
    for (const there of standing) {
      const row = newRow();
      if (there !== undefined) await ledger.append({ ...row, ...there });
      // A write that finds itself done is done; nothing stands where a put finds another's row.
      const itself = there?.fence === 'mine' && there.state === (ENDS_IN[name] ?? name);
      const put = name === 'claim' || name === 'reclaim';
      const outcome = await write(row).catch((error: Error) => error.name);
      const expected = permits(condition, there) || itself ? true : put && there === undefined ? 'LEDGER_UNAVAILABLE' : false;
      expect([there, outcome]).toEqual([there, expected]);
    }
  });
});

test('who takes back a claim whose write was not answered ends it wherever it stands, and takes the key where it does not', async () => {
  for (const there of [undefined, ...STATES.flatMap((state) => ['mine', 'another'].map((fence) => ({ state, fence })))]) {
    const row = newRow({ state: 'sent' });
    if (there !== undefined) await ledger.append({ ...row, callId: 'standing', ...there });
    await ledger.retract(row, { reason: 'not answered' });
    const ends = there === undefined || permits(CONDITIONS.retract(row), there);
    expect([there, (await ledger.read(row.pk))?.state]).toEqual([there, ends ? 'not_executed' : there.state]);
    // It is in the audit also where the key is another's.
    const own = await ledger.read(ledgerKey('payments', row.agent, `c:${row.callId}`));
    expect([there, own?.state]).toEqual([there, there?.fence === 'another' ? 'not_executed' : undefined]);
    // What comes late finds the key taken.
    if (there === undefined) expect(await ledger.claim(row)).toMatchObject({ state: 'not_executed', fence: row.fence });
  }
});

test("who waits for a key is never given another call's outcome, although the row changed hands meanwhile", async () => {
  const standing = newRow({ argumentsDigest: 'transfer 120' });
  await ledger.append({ ...standing, fence: 'another', argumentsDigest: 'transfer 9000', state: 'confirmed', result: '{}' });
  const ours = { ...standing, fence: 'ours' };
  const call = { tool: 'transfer', argumentsText: '{"amount":120}' } as ToolCall;
  await expect(awaitDuplicate(standing, ours, call, rig.gateway)).rejects.toMatchObject({ name: 'KEY_REUSED' });
});
