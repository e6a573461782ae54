import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { BlackHole } from '../../../local/network/black-hole';

test('a connection to it is neither taken nor refused, while others come about', async () => {
  const hole = await BlackHole.open();
  const open = createServer((socket) => socket.end('x')).listen(0, '127.0.0.1');
  await once(open, 'listening');
  const hanging = Array.from({ length: 20 }, () => connect(hole.port, '127.0.0.1'));
  const happened: string[] = [];
  for (const socket of hanging) {
    for (const event of ['connect', 'error', 'close']) socket.on(event, () => happened.push(event));
  }
  for (let i = 0; i < 200; i++) await once(connect((open.address() as AddressInfo).port, '127.0.0.1').resume(), 'close');
  expect(happened).toEqual([]);
  expect(hanging.every(({ connecting }) => connecting)).toBe(true);
  for (const socket of hanging) socket.destroy();
  open.close();
  await hole.close();
});

test('where it was, nobody listens any more', async () => {
  const hole = await BlackHole.open();
  await hole.close();
  const [error] = await once(connect(hole.port, '127.0.0.1'), 'error');
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
});

test('a port that is taken is told as such', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  await expect(BlackHole.open((taken.address() as AddressInfo).port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  taken.close();
});
