import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Connection } from './connection';

/** Answers a connection with what its first line names, in bytes of their own. */
const ANSWERS: Readonly<Record<string, string>> = {
  length: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  short: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok',
  chunked: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\n\r\n',
  broken: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\no',
  interim: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n',
  end: 'HTTP/1.1 200 OK\r\n\r\nok',
  two: 'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  nothing: '',
};

const server = createServer((socket) =>
  socket.once('data', async (name) => {
    for (const char of ANSWERS[name.toString()] ?? '') {
      socket.write(char);
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.end();
  }),
);
let url: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

async function ask(name: string, times = 1) {
  const connection = await Connection.open(url);
  await connection.write([Buffer.from(name)]);
  const answers = [];
  for (let at = 0; at < times; at++) {
    const { status, body, end } = await connection.read({ patienceMs: 10_000 });
    answers.push([status, body.toString(), end]);
  }
  connection.close();
  return answers;
}

describe('an answer', () => {
  test.each([
    ['length', [200, 'ok', 'whole']],
    ['chunked', [200, 'ok', 'whole']],
    ['end', [200, 'ok', 'whole']],
    ['interim', [202, '', 'whole']],
    ['broken', [200, '', 'cut']],
    ['nothing', [0, '', 'none']],
  ])('%s', async (name, expected) => {
    expect(await ask(name)).toEqual([expected]);
  });

  test('that is shorter than it says is cut', async () => {
    const [[, , end] = []] = await ask('short');
    expect(end).toBe('cut');
  });

  test('leaves the next one on the connection', async () => {
    expect(await ask('two', 2)).toEqual([
      [204, '', 'whole'],
      [200, 'ok', 'whole'],
    ]);
  });
});
