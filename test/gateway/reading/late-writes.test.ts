import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { FleetError } from '../../../core/errors';
import { LateWrites } from '../../../gateway/ledger/late-writes';
import { deferred } from '../rig';
import { eventually } from './serving';

const log = pino({ enabled: false });

const away = (): Error => new FleetError('LEDGER_UNAVAILABLE', { reason: 'the table is away' });

/** What the ledger says of a row that the table will never take. */
const refusal = (): Error =>
  Object.assign(away(), {
    cause: Object.assign(new Error('Item size has exceeded the maximum allowed size'), { name: 'ValidationException' }),
  });

describe('late writes', () => {
  test('that the table will never take are given up, and block none of the others', async () => {
    const late = new LateWrites(log);
    const written: string[] = [];
    const write = (callId: string) => async () => void written.push(callId);
    late.keep({ callId: 'never' }, () => Promise.reject(refusal()));
    for (const callId of ['a', 'b', 'c']) late.keep({ callId }, write(callId));
    await eventually(() => late.count === 0);
    expect(written).toEqual(['a', 'b', 'c']);
    expect(late.bytes).toBe(0);
  });

  test('that fail are tried again behind the others', async () => {
    const late = new LateWrites(log);
    const written: string[] = [];
    let failures = 0;
    late.keep({ callId: 'failing' }, async () => {
      if (failures++ < 2) throw away();
      written.push('failing');
    });
    for (const callId of ['a', 'b']) late.keep({ callId }, async () => void written.push(callId));
    await eventually(() => late.count === 0);
    expect(written).toEqual(['a', 'b', 'failing']);
  });

  test('that do not end hold up nobody who is to write them before the replica ends', async () => {
    const late = new LateWrites(log);
    const [never, end] = deferred();
    const written: string[] = [];
    late.keep({ callId: 'hangs' }, () => never);
    late.keep({ callId: 'a' }, async () => void written.push('a'));
    const flushed = late.flush();
    await eventually(() => written.includes('a'));
    end();
    await flushed;
    expect(late.count).toBe(0);
  });

  test('are held within a bound of bytes, whose oldest give way', async () => {
    const late = new LateWrites(log, 100_000);
    const written: string[] = [];
    for (let n = 0; n < 50; n++) {
      const callId = `call-${n}`;
      late.keep({ callId, arguments: 'x'.repeat(10_000) }, async () => void written.push(callId));
      expect(late.bytes).toBeLessThanOrEqual(100_000);
    }
    expect(late.count).toBeLessThan(10);
    await late.flush();
    expect(written).toContain('call-49');
    expect(written).not.toContain('call-0');
    expect(late.bytes).toBe(0);
  });
});
