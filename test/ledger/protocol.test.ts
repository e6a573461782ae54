import { expect, test } from '@jest/globals';
import { agentId } from '../../core/agent';
import { ERRORS, FleetError } from '../../core/errors';
import { mayResolve, statesBefore } from '../../ledger/protocol';
import { isSettled, type LedgerState, ledgerKey, OPEN_SHARDS, openPartition, unsettledPartition } from '../../ledger/row';

const STATES: LedgerState[] = ['claimed', 'sent', 'confirmed', 'failed', 'not_executed', 'unknown', 'input_required'];

test('no outcome is left but unknown, and that one only for what evidence can show', () => {
  for (const state of STATES) {
    for (const before of statesBefore(state)) {
      if (isSettled(before)) expect([before, ['confirmed', 'failed', 'input_required'].includes(state)]).toEqual(['unknown', true]);
    }
  }
});

test('only what was sent can be confirmed, failed or unknown, and only what was claimed is sent', () => {
  for (const outcome of ['confirmed', 'failed', 'input_required'] as const) expect(statesBefore(outcome)).toEqual(['sent', 'unknown']);
  expect(statesBefore('unknown')).toEqual(['sent']);
  expect(statesBefore('sent')).toEqual(['claimed']);
  expect(statesBefore('claimed')).toEqual([]);
});

test('a person may settle what is unknown, and only when its gateway can send no more', () => {
  for (const state of STATES) expect(mayResolve({ state, leaseUntil: 10 }, 11)).toBe(state === 'unknown');
  expect(mayResolve({ state: 'unknown', leaseUntil: 10 }, 10)).toBe(false);
});

test('keys of two agents or servers never meet, whatever the key holds', () => {
  const [one, two] = ['a', 'b'].map((subject) => agentId({ issuer: 'https://i.example', subject })) as [string, string];
  expect(ledgerKey('s', one, `k:x#${two}`)).not.toBe(ledgerKey('s', two, 'k:x'));
  expect(ledgerKey('s', one, 'k:c:1')).not.toBe(ledgerKey('s', one, 'c:1'));
});

test('only calls that may have changed something stand in the index: open ones in one of the shards, unknown ones together', () => {
  const shards = Array.from({ length: OPEN_SHARDS }, (_, shard) => openPartition('bank', shard));
  const found = new Set<string | undefined>();
  for (let call = 0; call < 400; call++) {
    const row = { server: 'bank', pk: `bank#a#c:${call}`, stateChanging: true };
    const open = unsettledPartition({ ...row, state: 'claimed' });
    expect(unsettledPartition({ ...row, state: 'sent' })).toBe(open);
    expect(unsettledPartition({ ...row, state: 'unknown' })).toBe('bank#unknown');
    expect(unsettledPartition({ ...row, state: 'unknown', stateChanging: false })).toBeUndefined();
    for (const state of ['confirmed', 'failed', 'not_executed', 'input_required'] as const)
      expect(unsettledPartition({ ...row, state })).toBeUndefined();
    found.add(open);
  }
  expect([...found].sort()).toEqual([...shards].sort());
});

test('codes of our own lie outside the range that JSON-RPC and MCP keep', () => {
  const protocol = [
    'PARSE_ERROR',
    'INVALID_REQUEST',
    'METHOD_NOT_FOUND',
    'INVALID_PARAMS',
    'HEADER_MISMATCH',
    'UNSUPPORTED_VERSION',
    'UNKNOWN_SESSION',
  ];
  for (const [name, { code }] of Object.entries(ERRORS)) {
    if (!protocol.includes(name)) expect(code < -32768 || code > -32000).toBe(true);
  }
});

test('an error tells a program what became of the call and what to do', () => {
  const error = new FleetError('AT_CAPACITY', { reason: 'full', callId: 'c', idempotencyKey: 'k', retryAfterMs: 1_000 });
  expect(FleetError.is(error)).toBe(true);
  expect(FleetError.is(new Error('x'))).toBe(false);
  expect(error.toJsonRpc()).toEqual({
    code: 503,
    message: 'AT_CAPACITY: The server has no free slot: full; send it again',
    data: {
      error: 'AT_CAPACITY',
      outcome: 'not_executed',
      retry: 'safe',
      reason: 'full',
      callId: 'c',
      idempotencyKey: 'k',
      retryAfterMs: 1_000,
    },
  });
});
