import { expect, test } from '@jest/globals';
import { FAULT_NAMES, type FaultName, faultOf } from '../faults';
import { Blows } from './blows';

test.each(FAULT_NAMES)('%s strikes once, at its moment and at no other', (name) => {
  const blows = new Blows(1, (reference) => (reference === 'v1-1' ? name : undefined));
  const moments = ['asked', 'claim', 'sent', 'forwarded', 'received', 'executed', 'settlement'] as const;
  const struck = [...moments, ...moments].filter((moment) => blows.take(moment, 'v1-1') !== undefined);
  expect(struck).toEqual([faultOf(name).moment]);
  expect(moments.map((moment) => blows.take(moment, 'v1-2'))).toEqual(moments.map(() => undefined));
});

test('nothing strikes when it is over', () => {
  const blows = new Blows(1, (): FaultName => 'claim refused');
  blows.isOver = true;
  expect(blows.take('claim', 'v1-1')).toBeUndefined();
});
