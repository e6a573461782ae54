import { expect, test } from '@jest/globals';
import { processTable } from '../../bin/process-table';

test('a sidecar is listed with what it holds and what it keeps ready, where it is to keep any', () => {
  const sidecar = { role: 'sidecar', server: 'payments', task: 't1', pid: 7, address: '127.0.0.1:9' } as const;
  const remote = { fleet: 'acme', server: 'search', kind: 'remote', origin: 'https://search.example' } as const;
  const lines = processTable(
    [
      { ...sidecar, sessions: 0, warm: 5 },
      { ...sidecar, sessions: 3 },
      { role: 'gateway', task: 't2', pid: 8 },
    ],
    [remote],
  );
  expect(lines.map((line) => line.split(/ +/))).toEqual([
    ['ROLE', 'SERVER', 'TASK', 'PID', 'ADDRESS', 'SESSIONS', 'WARM'],
    ['sidecar', 'payments', 't1', '7', '127.0.0.1:9', '0', '5'],
    ['sidecar', 'payments', 't1', '7', '127.0.0.1:9', '3', '-'],
    ['gateway', '-', 't2', '8', '-', '-', '-'],
    ['remote', 'search', '-', '-', 'https://search.example', '-', '-'],
  ]);
});
