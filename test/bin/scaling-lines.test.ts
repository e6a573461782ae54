import { expect, test } from '@jest/globals';
import { scalingLine, scalingTables } from '../../bin/scaling-lines';
import { terminal } from '../../bin/terminal';
import type { AlarmRow, ScalingRow } from '../../local/local-account';

const PLAIN = terminal(false, { NO_COLOR: '1' }).paint;
const MEMORY = { service: 'Acme-Memory', role: 'server', server: 'memory' } as const;
const ALARM: AlarmRow = { alarm: 'Acme-Full', metric: 'SlotUtilization', state: 'ALARM', description: 'nearly full' };

test('who is scaled, and why', () => {
  const grows = scalingLine({ event: 'scaled', ...MEMORY, from: 1, to: 3, why: 'QueueDepth is 40' }, PLAIN);
  expect(grows).toBe('  ▲ memory grows, from 1 instance to 3: QueueDepth is 40');
  const shrinks = scalingLine({ event: 'scaled', service: 'G', role: 'gateway', from: 3, to: 2, why: 'Load is 5, below 60' }, PLAIN);
  expect(shrinks).toBe('  ▼ gateway becomes smaller, from 3 instances to 2: Load is 5, below 60');
});

test('an alarm begins and ends', () => {
  expect(scalingLine({ event: 'alarm', ...ALARM, before: 'OK' }, PLAIN)).toBe('  ! alarm: nearly full');
  expect(scalingLine({ event: 'alarm', ...ALARM, state: 'OK', before: 'ALARM' }, PLAIN)).toBe('  ✔ alarm ends: nearly full');
});

test('services that scale, and the alarms that sound', () => {
  const row: ScalingRow = { ...MEMORY, follows: [], min: 2, max: 10, desired: 3, running: 2 };
  const lines = scalingTables([row], [ALARM, { ...ALARM, alarm: 'Quiet', state: 'OK' }]).map((line) => line.trimEnd().split(/ {2,}/));
  expect(lines).toEqual([
    [''],
    ['SERVICE', 'TASKS', 'SCALES', 'LAST'],
    ['memory', '2 of 3', '2 to 10', '-'],
    [''],
    ['ALARM', 'SAYS'],
    ['Acme-Full', 'nearly full'],
  ]);
  expect(scalingTables([], [])).toEqual([]);
});
