import { expect, test } from '@jest/globals';
import { Agenda } from '../../../core/sizing/agenda';
import { seeded } from '../../../core/sizing/seeded';

test('things happen in the order of their moments, and of two at one moment in the order in which they were entered', () => {
  const agenda = new Agenda();
  const random = seeded(1);
  const entered = Array.from({ length: 2_000 }, (_, order) => ({ at: Math.floor(random() * 200), order }));
  const happened: (typeof entered)[number][] = [];
  for (const one of entered) {
    agenda.at(one.at, () => {
      expect(agenda.now).toBe(one.at);
      happened.push(one);
    });
  }
  agenda.run(100);
  expect(happened.every(({ at }) => at <= 100)).toBe(true);
  agenda.run(200);
  expect(happened).toEqual([...entered].sort((one, other) => one.at - other.at || one.order - other.order));
});

test('what is entered meanwhile has its turn, and time goes on to the end', () => {
  const agenda = new Agenda();
  const moments: number[] = [];
  agenda.every(10, () => moments.push(agenda.now));
  agenda.at(20, () => agenda.in(5, () => moments.push(agenda.now)));
  agenda.run(33);
  expect(moments).toEqual([10, 20, 25, 30]);
  expect(agenda.now).toBe(33);
});
