import { expect, test } from '@jest/globals';
import { startRig } from '../rig';

test('/healthz says what is wrong with this replica, and ok when it is none of its own', async () => {
  const rig = await startRig({ payments: {} });
  try {
    const healthy = await fetch(`${rig.url}/healthz`);
    expect([healthy.status, await healthy.json()]).toEqual([200, { status: 'ok', replica: 'replica-1' }]);
    Object.assign(rig.gateway, { health: { fault: 'network' } });
    const unhealthy = await fetch(`${rig.url}/healthz`);
    expect([unhealthy.status, await unhealthy.json()]).toEqual([503, { status: 'unhealthy', replica: 'replica-1', fault: 'network' }]);
  } finally {
    await rig.stop();
  }
});
