import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { AnswerHandler, Flow } from '../../../sidecar/http1/answer-handler';
import { Connections } from '../../../sidecar/http1/connections';
import { until } from '../started';

let server: Server;
let connections: Connections;
/** Connections that the server has had, and what came on all of them. */
let sockets: Socket[];
let heard: string;

/** A server of bytes: what it does with each request head, of which the body is in the same bytes, is `answer`. */
async function start(answer: (socket: Socket, request: string) => unknown): Promise<void> {
  sockets = [];
  heard = '';
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
      answer(socket, bytes.toString('latin1'));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  connections = new Connections({ host: '127.0.0.1', port }, `127.0.0.1:${port}`);
}

afterEach(async () => {
  connections.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

interface Answer {
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: string;
}

/** Everything of one answer, or its error. */
function ask(body?: string, more: Partial<AnswerHandler> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const answer = { status: 0, fields: [] as readonly string[], body: '' };
    connections.send('POST', '/mcp', ['x-one', '1'], body === undefined ? undefined : Buffer.from(body), {
      onSending: () => {},
      onHead: (_flow, status, fields) => Object.assign(answer, { status, fields }),
      onBytes: (_flow, chunk) => {
        answer.body += chunk.toString('latin1');
      },
      onEnd: () => resolve(answer),
      onError: reject,
      ...more,
    });
  });
}

const OK = 'HTTP/1.1 200 OK\r\n';
const EMPTY = `${OK}content-length: 0\r\n\r\n`;

describe('an answer', () => {
  const WIKI = '4\r\nWiki\r\n6;x=y\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: t\r\n\r\n';
  const whole: [string, string, string][] = [
    ['of a length', `${OK}Content-Length:  5 \r\nX: a\tb\r\n\r\nhello`, 'hello'],
    ['of a length that is said twice', `${OK}content-length: 5\r\ncontent-length: 5\r\n\r\nhello`, 'hello'],
    ['in chunks', `${OK}Transfer-Encoding: Chunked\r\n\r\n${WIKI}`, 'Wikipedia in \r\n\r\nchunks.'],
    ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
    ['without a reason', 'HTTP/1.1 200\r\ncontent-length: 1\r\n\r\nx', 'x'],
    [
      'behind two that are provisional',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}content-length: 1\r\n\r\nx`,
      'x',
    ],
    ['of an old server that keeps its connection', 'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\nx', 'x'],
  ];

  test.each(whole)('%s is read, however it is cut, and its connection serves again', async (_, bytes, body) => {
    await start((socket) => socket.write(bytes, 'latin1'));
    expect((await ask('{}')).body).toBe(body);
    server.removeAllListeners('connection');
    for (const socket of sockets) {
      socket.removeAllListeners('data');
      socket.setNoDelay(true).on('data', async () => {
        for (const byte of Buffer.from(bytes, 'latin1')) await new Promise<void>((sent) => socket.write(Buffer.from([byte]), () => sent()));
      });
    }
    expect((await ask('{}')).body).toBe(body);
    expect(sockets).toHaveLength(1);
  });

  test('ends with its connection where it says nothing else', async () => {
    await start((socket) => socket.end(`${OK}content-type: text/plain\r\n\r\nuntil then`));
    expect(await ask()).toEqual({ status: 200, fields: ['content-type', 'text/plain'], body: 'until then' });
  });

  const broken: [string, string][] = [
    ['two lengths', `${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nxx`],
    ['a length that is none', `${OK}content-length: 0x1\r\n\r\nx`],
    ['a negative length', `${OK}content-length: -1\r\n\r\nx`],
    ['a length and chunks', `${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['another transfer coding', `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['a chunk without a size', `${OK}transfer-encoding: chunked\r\n\r\n\r\nx`],
    ['a chunk of too many digits', `${OK}transfer-encoding: chunked\r\n\r\n${'f'.repeat(20)}\r\nx`],
    ['a chunk that is longer than it says', `${OK}transfer-encoding: chunked\r\n\r\n1\r\nxx\r\n`],
    ['a chunk line that never ends', `${OK}transfer-encoding: chunked\r\n\r\n1;${'x'.repeat(2_000)}`],
    ['trailers without an end', `${OK}transfer-encoding: chunked\r\n\r\n0\r\n${'t: x\r\n'.repeat(4_000)}`],
    ['a name with a space behind it', `${OK}content-length : 1\r\n\r\nx`],
    ['a line that goes on in the next', `${OK}x: a\r\n b\r\ncontent-length: 1\r\n\r\nx`],
    ['a lone line feed', `${OK}x: a\ncontent-length: 1\r\n\r\nx`],
    ['a lone carriage return', `${OK}x: a\rb\r\ncontent-length: 1\r\n\r\nx`],
    ['a NUL', `${OK}x: a\0\r\ncontent-length: 1\r\n\r\nx`],
    ['no status line', '\r\ncontent-length: 1\r\n\r\nx'],
    ['another version', 'HTTP/2.0 200 OK\r\ncontent-length: 1\r\n\r\nx'],
    ['a change of protocols', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['a head without an end', `${OK}${'x: y\r\n'.repeat(4_000)}`],
  ];

  test.each(broken)('with %s is none, and its connection is cut', async (_, bytes) => {
    await start((socket) => socket.write(bytes, 'latin1'));
    await expect(ask('{}')).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
    await once(sockets[0] as Socket, 'close');
  });

  test.each([
    ['in its head', `${OK}content-len`],
    ['in its body', `${OK}content-length: 5\r\n\r\nhel`],
    ['between two chunks', `${OK}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n`],
  ])('that breaks off %s is lost', async (_, bytes) => {
    await start((socket) => socket.end(bytes));
    await expect(ask('{}')).rejects.toMatchObject({ code: 'CONNECTION_ENDED' });
  });

  test('is held up by who reads it', async () => {
    await start((socket) => {
      socket.write(`${OK}content-length: 20000000\r\n\r\n`);
      socket.write(Buffer.alloc(20_000_000));
    });
    let [bytes, pauses, paused] = [0, 0, false];
    const onBytes = (flow: Flow, chunk: Buffer) => {
      expect(paused).toBe(false);
      bytes += chunk.length;
      paused = true;
      pauses++;
      flow.pause();
      setImmediate(() => {
        paused = false;
        flow.resume();
      });
    };
    await ask('{}', { onBytes });
    expect([bytes, pauses > 100]).toEqual([20_000_000, true]);
  });
});

describe('a connection', () => {
  test.each([
    ['that the server closes', `${OK}connection: close\r\ncontent-length: 0\r\n\r\n`],
    ['of an old server', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n'],
    ['of a server that waits no longer than a second', `${OK}keep-alive: timeout=1\r\ncontent-length: 0\r\n\r\n`],
    ['on which more comes than was asked for', `${EMPTY}${EMPTY}`],
  ])('%s serves no more', async (_, bytes) => {
    await start((socket) => socket.write(bytes));
    await ask();
    await ask();
    expect(sockets).toHaveLength(2);
  });

  test('on which something comes while it is idle is cut', async () => {
    await start((socket) => socket.write(EMPTY));
    await ask();
    sockets[0]?.write(EMPTY);
    await once(sockets[0] as Socket, 'close');
    await ask();
    expect(sockets).toHaveLength(2);
  });

  test('serves one request at a time, and others get their own', async () => {
    const held: Socket[] = [];
    await start((socket) => held.push(socket));
    const both = [ask('1'), ask('2')];
    await until(() => held.length === 2, 'both to be heard');
    for (const socket of held) socket.write(EMPTY);
    await Promise.all(both);
    expect(sockets).toHaveLength(2);
  });

  test('that was answered before all of the request was read serves no more', async () => {
    await start((socket) => {
      socket.pause();
      socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n');
    });
    expect((await ask('x'.repeat(30_000_000))).status).toBe(413);
    expect((await ask()).status).toBe(413);
    expect(sockets).toHaveLength(2);
  });
});

describe('a request', () => {
  test('is written as it was given, with its host and length, once', async () => {
    await start((socket) => socket.destroy());
    await expect(ask('{"a":1}')).rejects.toThrow();
    const { port } = server.address() as AddressInfo;
    expect(heard).toBe(`POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx-one: 1\r\ncontent-length: 7\r\n\r\n{"a":1}`);
  });

  test('that is given up before it is sent is not sent, and its connection serves the next', async () => {
    await start((socket) => socket.write(EMPTY));
    const why = new Error('too late');
    await expect(ask('{}', { onSending: (flow: Flow) => flow.abort(why) })).rejects.toBe(why);
    expect((await ask()).status).toBe(200);
    expect([sockets.length, heard.match(/POST/g)?.length]).toEqual([1, 1]);
  });

  test('that is given up later is cut off at the server, and its handler hears once', async () => {
    let errors = 0;
    let given: Flow | undefined;
    await start((socket) => socket.write(`${OK}content-length: 5\r\n\r\nhel`));
    const told = new Promise<Error>((resolve) => {
      void ask('{}', {
        onBytes: (flow) => {
          given = flow;
          flow.abort(new Error('enough'));
        },
        onError: (error) => {
          errors++;
          resolve(error);
        },
      });
    });
    expect((await told).message).toBe('enough');
    await once(sockets[0] as Socket, 'close');
    given?.abort(new Error('again'));
    expect(errors).toBe(1);
  });

  test('to a server that takes no connection fails without having been sent', async () => {
    await start(() => {});
    await new Promise((resolve) => server.close(resolve));
    let sending = false;
    const onSending = () => {
      sending = true;
    };
    await expect(ask('{}', { onSending })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(sending).toBe(false);
  });
});
