import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { QUOTAS } from '../../../local/quotas';
import { Balancer } from '../fixtures/load-balancer';

let balancer: Balancer;
/** Headers with which the target answers. */
let answered: Record<string, string> = {};

beforeAll(async () => {
  balancer = await Balancer.start();
  const server = await balancer.serve('a', (_, response) => response.writeHead(200, { ...answered, connection: 'close' }).end('a'));
  server.keepAliveTimeout = 1; // what is counted of its answer has nothing beside what is said here
});

afterAll(() => balancer.close());

const HOST = 'Host: 127.0.0.1';
const CLOSE = 'Connection: close';

/** Status of what is answered to a head, byte for byte. */
async function statusOf(line: string, headers: readonly string[] = []): Promise<number> {
  const socket = connect(balancer.listener.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`${[line, HOST, CLOSE, ...headers].join('\r\n')}\r\n\r\n`);
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(await text(socket)) ?? [];
  return Number(status);
}

function lineOf(length: number): string {
  const [before, after] = ['GET /app/', ' HTTP/1.1'];
  return `${before}${'x'.repeat(length - before.length - after.length)}${after}`;
}

function headerOf(length: number, name = 'x-long'): string {
  return `${name}: ${'v'.repeat(length - name.length - 2)}`;
}

/** Together with host and connection so many bytes, each line with its end. */
function headersOf(total: number): readonly string[] {
  const lines: string[] = [];
  let left = total - `${HOST}\r\n${CLOSE}\r\n`.length;
  for (let i = 0; left > 0; i++) {
    const length = Math.min(left, 16_000) - 2;
    lines.push(headerOf(left - length - 2 < 20 && left > 16_000 ? length - 30 : length, `x-${i}`));
    left -= (lines.at(-1) as string).length + 2;
  }
  return lines;
}

const GET = 'GET /app/ HTTP/1.1';

describe('a load balancer answers itself', () => {
  const { requestLine, requestHeader, requestHeaders, responseHeaders, forwardedFor } = QUOTAS;

  test(`414 for a request line beyond ${requestLine.most} bytes`, async () => {
    expect([await statusOf(lineOf(requestLine.most)), await statusOf(lineOf(requestLine.most + 1))]).toEqual([200, 414]);
  });

  test(`400 for a header beyond ${requestHeader.most} bytes`, async () => {
    const statuses = [await statusOf(GET, [headerOf(requestHeader.most)]), await statusOf(GET, [headerOf(requestHeader.most + 1)])];
    expect(statuses).toEqual([200, 400]);
  });

  test(`400 for headers beyond ${requestHeaders.most} bytes, and for what no parser reads to its end`, async () => {
    expect(await statusOf(GET, headersOf(requestHeaders.most))).toBe(200);
    expect(await statusOf(GET, headersOf(requestHeaders.most + 1))).toBe(400);
    expect(await statusOf(GET, headersOf(8 * requestHeaders.most))).toBe(400);
  });

  test(`463 for more than ${forwardedFor.most} addresses, in one header or several`, async () => {
    const addresses = (count: number) => Array.from({ length: count }, (_, i) => `10.0.0.${i}`).join(', ');
    const given = (...counts: readonly number[]) => counts.map((count) => `X-Forwarded-For: ${addresses(count)}`);
    expect(await statusOf(GET, given(forwardedFor.most))).toBe(200);
    expect(await statusOf(GET, given(forwardedFor.most + 1))).toBe(463);
    expect(await statusOf(GET, given(20, 11))).toBe(463);
  });

  test('405 for TRACE, and 400 for what is no HTTP', async () => {
    expect([await statusOf('TRACE /app/ HTTP/1.1'), await statusOf('GET nowhere at all')]).toEqual([405, 400]);
  });

  test(`502 for an answer whose headers have more than ${responseHeaders.most} bytes`, async () => {
    const besides = 'connection: close\r\nDate: Sat, 28 Nov 2026 00:00:00 GMT\r\nTransfer-Encoding: chunked\r\n'.length;
    answered = { 'x-long': 'v'.repeat(responseHeaders.most - besides - 'x-long: \r\n'.length) };
    expect(await statusOf(GET)).toBe(200);
    answered = { 'x-long': `${answered['x-long']}v` };
    expect(await statusOf(GET)).toBe(502);
    answered = {};
  });
});
