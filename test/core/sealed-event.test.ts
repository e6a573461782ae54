import { describe, expect, test } from '@jest/globals';
import { EVENT_ID_LIMIT, type EventName, openEvent, sealEvent } from '../../core/sealed-event';
import { sealKey } from '../../core/sealed-session';

const key = sealKey('secret');
const binding = { agent: 'a'.repeat(32), server: 'payments', session: 'session-1' };

describe('an event id', () => {
  test.each<[string, EventName]>([
    ['the answer to a call', { kind: 'call', row: 'k:invoice-4711', requestId: '"x"' }],
    ['an answer that was told', { kind: 'call', row: 'c:1', requestId: '7', told: true }],
    ['an event of the standalone stream', { kind: 'server', id: 'e-1' }],
    ['an event of a list', { kind: 'server', id: 'e', request: { method: 'tools/list', requestId: '1', upstreamId: 5, continued: true } }],
    ['an event of a call', { kind: 'server', id: 'e', request: { method: 'tools/call', requestId: '1', upstreamId: 5, tool: 'balance' } }],
  ])('names %s', (_, event) => {
    const id = sealEvent(event, binding, key) as string;
    expect(id).toMatch(/^mcpfleet\.[\w-]+$/);
    expect(openEvent(id, binding, [sealKey('newer'), key])).toEqual(event);
  });

  const event: EventName = { kind: 'server', id: 'e-1' };
  const id = sealEvent(event, binding, key) as string;
  test.each<[string, string, object]>([
    ['to another agent', id, { agent: 'b'.repeat(32) }],
    ['to another server', id, { server: 'files' }],
    ['to another session', id, { session: 'session-2' }],
    ['when it was altered', `${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`, {}],
    ["when it is a server's", 'e-1', {}],
    ['when it is empty', '', {}],
  ])('says nothing %s', (_, given, other) => {
    expect(openEvent(given, { ...binding, ...other }, [key])).toBeUndefined();
  });

  test('is left out where it would be longer than others carry', () => {
    expect(sealEvent({ kind: 'server', id: 'x'.repeat(EVENT_ID_LIMIT) }, binding, key)).toBeUndefined();
    expect(sealEvent({ kind: 'server', id: 'x'.repeat(512) }, binding, key)).toBeDefined();
  });
});
