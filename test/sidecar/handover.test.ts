import { expect, test } from '@jest/globals';
import { Handover } from '../../sidecar/handover';
import { LIMITS } from '../../sidecar/limits';
import { openLog } from '../../sidecar/log';
import { Sessions } from '../../sidecar/sessions';
import { Slots } from '../../sidecar/slots';
import type { Standing } from '../../sidecar/standing';
import { ManualClock } from './manual-clock';

test('so many sessions end in a second, and the others after it: each is opened again elsewhere', () => {
  const clock = new ManualClock();
  const sessions = new Sessions(clock, openLog({}, { write: () => {} }));
  // As in a sidecar, where each end is a reason to look again.
  const slots = new Slots(100, () => handover.review());
  const standing = { outdatedAt: clock.now() + 1, isOverdue: false } as Standing;
  let handedOver = 0;
  const handover = new Handover(sessions, standing, true, LIMITS, () => handedOver++);
  const most = LIMITS.handoversPerSecond;
  for (let id = 0; id < 2 * most + 1; id++) {
    const slot = slots.take('session', 'agent-a');
    if (slot !== undefined) sessions.open({ id: String(id), agent: 'agent-a', slot, end: () => {} });
  }
  const left = [0, 1, 2].map(() => {
    handover.tick();
    return sessions.count;
  });
  expect([left, handedOver]).toEqual([[most + 1, 1, 0], 2 * most + 1]);
});
