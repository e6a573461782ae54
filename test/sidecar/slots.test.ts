import { expect, test } from '@jest/globals';
import { Slots } from '../../sidecar/slots';

test('in use is what is open, whoever releases it how often', () => {
  let released = 0;
  const slots = new Slots(2, () => released++);
  const first = slots.take('session', 'agent-a');
  slots.take('call', 'agent-b');
  expect([slots.inUse, slots.take('stream', 'agent-c')]).toEqual([2, undefined]);
  first?.release();
  first?.release();
  expect([slots.inUse, released]).toEqual([1, 1]);
  expect(slots.take('stream', 'agent-c')).toMatchObject({ use: 'stream', agent: 'agent-c' });
  first?.release();
  expect(slots.inUse).toBe(2);
});
