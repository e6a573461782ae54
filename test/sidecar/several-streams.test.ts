import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { seeded } from '../../core/sizing/seeded';
import { type InProcess, startInProcess } from './in-process';
import { opensSession, type RawServer, SSE_TYPE, startRawServer } from './raw-server';
import { until } from './started';

/** A session whose agent listens to it more than once (MCP 2025-11-25, Streamable HTTP § Multiple Connections). */

const LISTEN = { headers: { accept: 'text/event-stream' } };

let server: RawServer;
let running: InProcess;
let session: Record<string, string>;
let stream: ServerResponse | undefined;
let said: number;

beforeEach(async () => {
  [stream, said] = [undefined, 0];
  server = await startRawServer((heard, response) => {
    if (opensSession(heard, response)) return;
    if (heard.method !== 'GET') {
      response.writeHead(202).end();
      return;
    }
    stream = response;
    response.writeHead(200, SSE_TYPE).write(': hello\n\n');
  });
  running = await startInProcess({ kind: 'http', url: server.url });
  session = await running.openSession();
});
afterEach(async () => {
  await running.stop();
  await server.close();
});

const say = (): number => {
  stream?.write(`data: {"jsonrpc":"2.0","method":"notifications/n","params":{"n":${++said}}}\n\n`);
  return said;
};

describe.each([
  ['v1', TransportV1],
  ['v2', TransportV2],
])('two clients of the official SDK (%s) on one session', (_, Transport) => {
  /** Listens as an SDK does once it has said that it is initialized. */
  async function listener() {
    const heard: unknown[] = [];
    let gets = 0;
    const transport = new Transport(new URL(running.url), {
      sessionId: session['mcp-session-id'] as string,
      fetch: (url, init) => {
        if (init?.method === 'GET') gets++;
        const headers = new Headers(init?.headers);
        headers.set('mcp-fleet-context', running.context());
        return fetch(url, { ...init, headers });
      },
    });
    transport.onmessage = (message: object) => heard.push((message as { params: { n: number } }).params.n);
    await transport.start();
    const before = running.sidecar.server.openExchanges;
    await transport.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    await until(() => gets > 0 && running.sidecar.server.openExchanges > before, 'its stream to stand');
    return { heard, transport, gets: () => gets };
  }

  test('both listen, none of them comes back for ever, and each message goes to one', async () => {
    const [older, newer] = [await listener(), await listener()];
    expect(running.sidecar.server.openExchanges).toBe(2);
    for (let n = 1; n <= 3; n++) {
      say();
      await until(() => older.heard.length + newer.heard.length === n, 'it to be heard');
    }
    expect([older.heard, newer.heard]).toEqual([[], [1, 2, 3]]);
    await newer.transport.close();
    await until(() => running.sidecar.server.openExchanges === 1, 'it to be gone');
    say();
    await until(() => older.heard.length === 1, 'the older one to hear what follows');
    expect(older.heard).toEqual([4]);
    expect([older.gets(), newer.gets()]).toEqual([1, 1]);
    await older.transport.close();
  });
});

/** An agent's end of one stream, which goes on where it was cut. */
class Ear {
  readonly heard: number[] = [];
  private lastId: string | undefined;
  private cutter = new AbortController();
  private reading: Promise<void> | undefined;

  get listens(): boolean {
    return this.reading !== undefined;
  }

  async listen(): Promise<void> {
    this.cutter = new AbortController();
    const resumed: Record<string, string> = this.lastId === undefined ? {} : { 'last-event-id': this.lastId };
    const response = await running.send({ ...LISTEN, signal: this.cutter.signal }, { ...session, ...resumed });
    expect(response.status).toBe(200);
    this.reading = this.read(response).catch(() => undefined);
    // Who is cut before the first event has no id to come back with.
    await until(() => this.lastId !== undefined, 'its first event');
  }

  async cut(): Promise<void> {
    this.cutter.abort();
    await this.reading;
    this.reading = undefined;
  }

  private async read(response: Response): Promise<void> {
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += new TextDecoder().decode(chunk);
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const event = text.slice(0, end);
        text = text.slice(end + 2);
        this.lastId = event.match(/^id: (.+)$/m)?.[1] ?? this.lastId;
        const n = event.match(/"n":(\d+)/)?.[1];
        if (n !== undefined) this.heard.push(Number(n));
      }
    }
  }
}

test.each([1, 2, 3, 4, 5])('streams that are cut and gone on with: each message is heard once, on one of them (seed %i)', async (seed) => {
  const random = seeded(seed);
  const ears = [new Ear(), new Ear(), new Ear()];
  await ears[0]?.listen();
  await until(() => stream !== undefined, "the server's stream to stand");
  for (let step = 0; step < 60; step++) {
    const ear = ears[Math.floor(random() * ears.length)] as Ear;
    if (random() < 0.6) say();
    else if (ear.listens) await ear.cut();
    else await ear.listen();
  }
  for (const ear of ears) if (!ear.listens) await ear.listen();
  await until(() => ears.reduce((sum, { heard }) => sum + heard.length, 0) >= said, 'all of it to be heard');
  const all = ears.flatMap(({ heard }) => heard);
  expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: said }, (_, i) => i + 1));
  for (const { heard } of ears) expect(heard).toEqual(heard.toSorted((a, b) => a - b));
  expect(running.happened('stream_messages_lost')).toEqual([]);
  for (const ear of ears) await ear.cut();
});

test('more streams than a session may have are refused, and none of those that stand is ended', async () => {
  const cutter = new AbortController();
  // Kept: an answer that nobody holds is cut when its memory is wanted.
  const standing: Response[] = [];
  while (standing.length < 32) standing.push(await running.send({ ...LISTEN, signal: cutter.signal }, session));
  const refused = await running.send(LISTEN, session);
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ error: { data: { error: 'AT_CAPACITY', reason: '32 streams of this session are open' } } });
  expect([running.sidecar.server.openExchanges, standing.length]).toEqual([32, 32]);
  cutter.abort();
});
