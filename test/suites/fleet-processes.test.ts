import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import type { ProcessRow } from '../../local/local-account';
import { FleetProcesses } from './fleet-processes';

const doors: Server[] = [];
const children: ChildProcess[] = [];

afterEach(() => {
  for (const door of doors.splice(0)) door.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Something that serves at its own path, and says no at any other. */
async function door(path: string): Promise<{ address: string; server: Server }> {
  const server = createServer(({ url }, response) => response.writeHead(url === path ? 200 : 503).end());
  doors.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function shut(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

async function following(rows: () => readonly ProcessRow[]): Promise<FleetProcesses> {
  const processes = new FleetProcesses();
  await processes.follow({ processes: async () => rows() });
  return processes;
}

test('a gateway is found by the name that it gives itself in its log', async () => {
  const rows: ProcessRow[] = [
    { role: 'gateway', task: 'aaaa1111', pid: 1 },
    { role: 'gateway', task: 'bbbb2222', pid: 2 },
  ];
  const processes = await following(() => rows);
  processes.read({ role: 'gateway', source: 'bbbb', text: '{"event":"listening","replica":"gw-2"}' });
  processes.read({ role: 'sidecar', source: 'aaaa', text: '{"event":"listening","replica":"gw-1"}' });
  processes.read({ role: 'gateway', source: 'aaaa', text: 'listening "listening" {' });
  expect(await processes.ofGateway('gw-2')).toEqual([rows[1]]);
  expect(await processes.ofGateway('gw-1')).toEqual([]);
});

test('a tier is whole while as many serve as at the start', async () => {
  const [gateway, sidecar] = await Promise.all([door('/healthz'), door('/readyz')]);
  const rows: readonly ProcessRow[] = [
    { role: 'gateway', task: 'g', pid: 1, address: gateway.address },
    { role: 'sidecar', task: 's', pid: 2, address: sidecar.address },
    { role: 'server', task: 's', pid: 3 },
  ];
  let gone: number | undefined;
  const processes = await following(() => rows.filter(({ pid }) => pid !== gone));
  expect([await processes.isWhole('gateway'), await processes.isWhole('instance')]).toEqual([true, true]);
  await processes.whole();
  await shut(sidecar.server);
  expect([await processes.isWhole('gateway'), await processes.isWhole('instance')]).toEqual([true, false]);
  await processes.whole(['gateway']);
  gone = 1;
  expect(await processes.isWhole('gateway')).toBe(false);
});

test('the killed are gone when the account has noticed', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  children.push(child);
  const rows: readonly ProcessRow[] = [{ role: 'server', task: 's', pid: child.pid as number }];
  const processes = await following(() => (child.signalCode === null ? rows : []));
  await processes.kill(await processes.ofInstance('s'));
  expect([child.signalCode, await processes.rows()]).toEqual(['SIGKILL', []]);
  await processes.kill(rows); // it has ended by itself
});
