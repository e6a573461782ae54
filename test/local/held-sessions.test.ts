import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { heldBy } from '../../local/held-sessions';
import { startInProcess } from '../sidecar/in-process';
import { until } from '../sidecar/started';

const command = [process.execPath, join(__dirname, '../sidecar/fixtures/dual-era-stdio.mjs')];

test.each([
  ['that keeps some ready', { warm: 1 }, { sessions: 0, warm: 1 }],
  ['that keeps none', {}, { sessions: 0 }],
])('of a sidecar %s', async (_, settings, held) => {
  const running = await startInProcess({ kind: 'stdio', command, environment: [] }, settings);
  const { host } = new URL(running.url);
  try {
    await until(async () => {
      running.clock.advance(1_000);
      return (await heldBy(host)).warm === (held as { warm?: number }).warm;
    }, 'it to be ready');
    expect(await heldBy(host)).toEqual(held);
  } finally {
    await running.stop();
  }
  expect(await heldBy(host)).toEqual({});
});
