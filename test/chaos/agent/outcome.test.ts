import { expect, test } from '@jest/globals';
import { RecoveryExhausted } from '../../../client/exhausted';
import { readFailure } from './outcome';

const report = { confirmed: [], failed: [], notExecuted: [], unknown: [] };

function exhaustedBy(last: string): RecoveryExhausted {
  const reason = `the call of "payment" at http://x/mcp was given up after 8 attempts: its budget is spent (${last}); its outcome is not_executed`;
  const call = { tool: 'payment', callId: 'c-1' };
  return new RecoveryExhausted({ reason, outcome: 'not_executed', attempts: 8, call, report });
}

test('a recovery that was given up goes by the name of its last refusal', () => {
  const seen = readFailure(exhaustedBy('LEDGER_UNAVAILABLE: The call was not executed: the ledger cannot be written'));
  expect(seen).toEqual({ outcome: 'not_executed', error: 'LEDGER_UNAVAILABLE', callId: 'c-1' });
});

test('and by its own where the last attempt was lost', () => {
  expect(readFailure(exhaustedBy('TypeError: fetch failed'))).toMatchObject({ error: 'RecoveryExhausted' });
});
