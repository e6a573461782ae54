import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerRow } from '../core/ledger';
import type { Gateway } from './gateway';

/** How often a row is read while another replica works on it, in milliseconds. */
const POLL_MS = 100;

/**
 * Reads a row again that is `claimed` or `sent` by somebody. One that was sent and whose lease has run out is `unknown`:
 * its owner is gone, and an expired lease never means that nothing happened.
 */
export async function lookAgain(row: LedgerRow, gateway: Gateway): Promise<LedgerRow> {
  if (row.state === 'sent' && gateway.now() > row.leaseUntil) {
    await gateway.ledger.advance(row, 'unknown', { settledAt: gateway.now(), reason: 'the gateway that sent it is gone' });
  } else {
    await delay(POLL_MS);
  }
  return (await gateway.ledger.read(row.pk)) ?? row;
}
