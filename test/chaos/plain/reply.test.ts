import { expect, test } from '@jest/globals';
import { type Heard, readReply, summarize } from './reply';

const read = (reply: Parameters<typeof readReply>[0]) => readReply(reply, 'v1-3');
const error = (data: object) => ({ error: { message: 'no', cause: { message: 'why', data } } });

test('a result is the transfer itself, or the refusal of the tool', () => {
  const result = { content: [{ text: 'transferred v1-3' }], _meta: { 'cdk-mcp-fleet/call': { callId: 'c-1' } } };
  expect(read({ result })).toEqual({ outcome: 'confirmed', again: false, broken: false, callId: 'c-1' });
  expect(read({ result: { content: [{ text: 'no funds for v1-3' }], isError: true } })).toMatchObject({ outcome: 'failed', again: false });
  expect(read({ error: { message: 'tool failed: no funds for v1-3' } })).toMatchObject({ outcome: 'failed', again: false });
});

test("another call's result is none", () => {
  expect(read({ result: { content: [{ text: 'transferred v1-33' }] } })).toMatchObject({ outcome: 'nothing', again: true });
});

test('advice decides whether the call is made again', () => {
  expect(read(error({ outcome: 'unknown', retry: 'same_key', callId: 'c-2', error: 'OUTCOME_UNKNOWN' }))).toEqual({
    outcome: 'unknown',
    again: true,
    broken: false,
    callId: 'c-2',
    error: 'OUTCOME_UNKNOWN',
  });
  expect(read(error({ outcome: 'not_executed', retry: 'never' }))).toMatchObject({ again: false });
  expect(read(error({ outcome: 'not_executed', retry: 'reinitialize' }))).toMatchObject({ again: true, broken: true });
});

test('whatever breaks says nothing, and the client is opened anew', () => {
  expect(read('no answer')).toMatchObject({ outcome: 'nothing', again: true, broken: true });
  expect(read({ error: { message: 'fetch failed' } })).toMatchObject({ outcome: 'nothing', again: true, broken: true });
});

test('a refusal after a lost attempt says nothing of that one', () => {
  const heard = (outcome: Heard['outcome']): Heard => ({ outcome, again: true, broken: false });
  expect(summarize([heard('nothing'), heard('not_executed')])).toEqual({ outcome: 'unknown', attempts: 2 });
  expect(summarize([heard('not_executed'), heard('not_executed')])).toEqual({ outcome: 'not_executed', attempts: 2 });
  expect(summarize([heard('unknown'), heard('confirmed')])).toEqual({ outcome: 'confirmed', attempts: 2 });
});

test('it asks later by the attempt that has a row', () => {
  const heard = (callId: string, error?: string): Heard => ({
    outcome: 'unknown',
    again: true,
    broken: false,
    callId,
    ...(error && { error }),
  });
  expect(summarize([heard('c-1'), heard('c-2', 'LEDGER_UNAVAILABLE')]).callId).toBe('c-1');
  expect(summarize([heard('c-1', 'LEDGER_UNAVAILABLE')]).callId).toBe('c-1');
});
