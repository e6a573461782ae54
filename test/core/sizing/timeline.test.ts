import { expect, test } from '@jest/globals';
import { Agenda } from '../../../core/sizing/agenda';
import { faster } from '../../../core/sizing/timeline';

test('in a time that is ten times faster everything happens after a tenth', () => {
  const agenda = new Agenda();
  const time = faster(agenda, 10);
  const moments: [number, number][] = [];
  time.in(500, () => moments.push([agenda.now, time.now]));
  time.every(200, () => moments.push([agenda.now, time.now]));
  agenda.run(60);
  expect(moments).toEqual([
    [20, 200],
    [40, 400],
    [50, 500],
    [60, 600],
  ]);
});
