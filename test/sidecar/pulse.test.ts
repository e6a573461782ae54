import { expect, test } from '@jest/globals';
import { Pulse } from '../../sidecar/pulse';
import type { Sessions } from '../../sidecar/sessions';
import { Slots } from '../../sidecar/slots';
import { ManualClock } from './manual-clock';

/** What an instance of four slots says of them in each beat. */
function pulsing(keepIdleSeconds?: number) {
  const lines: { SlotUtilization: number; SlotsInUse: number }[] = [];
  const slots: Slots = new Slots(4, undefined, () => pulse.noteUse());
  const print = (line: string): void => void lines.push(JSON.parse(line));
  const pulse = new Pulse({ Fleet: 'f', Server: 's' }, { count: 0 } as Sessions, slots, new ManualClock(), print, keepIdleSeconds);
  const beats = (count: number): number[] => {
    for (let beat = 0; beat < count; beat++) pulse.beat();
    return lines.splice(0).map(({ SlotUtilization }) => SlotUtilization);
  };
  return { slots, beats, lines, beat: () => pulse.beat() };
}

test('an idle instance says that it is', () => {
  expect(pulsing().beats(2)).toEqual([0, 0]);
});

test('the last one stays for a while since a slot was in use, be it ever so shortly, and then lets itself be taken away', () => {
  const { slots, beats } = pulsing(30);
  // For whom it was started may still come.
  expect(beats(5)).toEqual([1, 1, 1, 0, 0]);
  const slot = slots.take('session', 'a');
  expect(beats(5)).toEqual([25, 25, 25, 25, 25]);
  slot?.release();
  expect(beats(4)).toEqual([1, 1, 1, 0]);
  slots.take('call', 'a')?.release();
  expect(beats(4)).toEqual([1, 1, 1, 0]);
});

test('how many slots are in use it says as it is', () => {
  const { lines, beat } = pulsing(30);
  beat();
  expect(lines[0]).toMatchObject({ SlotsInUse: 0, SlotUtilization: 1 });
});
