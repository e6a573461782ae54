import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { Dice } from '../core/dice';
import { JSON_TYPE, resultOf, SSE_TYPE } from '../sidecar/raw-server';
import { until } from '../sidecar/started';
import { type Chain, startChain } from './behind-balancer';

const LOST = 'stream_messages_lost';
const STANDS = { protocolVersion: '2025-11-25', capabilities: { resources: { subscribe: true } }, serverInfo: { name: 's', version: '1' } };

let chain: Chain;

afterEach(() => chain.stop());

test.each([1, 2, 3, 4, 5, 6])(
  'what a server says between and across streams comes once and in order, or its loss is told; history %i',
  async (seed) => {
    const server = new TalkingServer();
    chain = await startChain((...asked) => server.answer(...asked), { limits: { backlogMessages: 12, heartbeatSweep: 25 } });
    const replicas = [chain.rig.url, await chain.rig.replica()];
    const agent = new Listener(chain, replicas);
    const dice = new Dice(seed);
    await agent.initialize(0);
    for (let step = 0; step < 60; step++) {
      const what = dice.integer(0, 9);
      if (what < 5) server.say();
      else if (what === 5) chain.sidecar.server.endStreams();
      else if (what === 6) agent.cut();
      else if (what === 7) server.endStream();
      else if (what === 8 && dice.chance(0.25)) server.restart(chain.logged.length);
      else await agent.listen(dice.integer(0, 1));
    }
    let last: number | undefined;
    await until(async () => {
      await agent.listen(0);
      if (last === undefined && server.isHeard) last = server.say();
      return last !== undefined && agent.heard.at(-1) === last;
    }, 'the last message');
    expect(agent.heard).toEqual([...new Set(agent.heard)].sort((a, b) => a - b));
    // What was under way in a session that was lost is lost with it, and 404 has told so.
    const lost = chain.logged.slice(server.loggedBefore).reduce((sum, { event, count }) => sum + (event === LOST ? Number(count) : 0), 0);
    expect({ heard: agent.heard.filter((said) => said > server.saidBefore).length, lost }).toEqual({ heard: server.taken - lost, lost });
  },
);

test('the official client listens on by itself, and misses nothing', async () => {
  const server = new TalkingServer();
  chain = await startChain((...asked) => server.answer(...asked));
  const url = new URL(`${chain.rig.url}/app/mcp`);
  const authorization = `Bearer ${await chain.rig.token('agent')}`;
  const client = new Client({ name: 'test', version: '1' });
  const heard: string[] = [];
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void heard.push(params.uri));
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers: { authorization } } }) as Transport);
  await until(() => server.isHeard, 'the client to listen');
  server.say();
  await until(() => heard.length === 1, 'the first message');
  for (let round = 0; round < 3; round++) {
    server.say();
    chain.sidecar.server.endStreams();
    server.say();
    await until(() => heard.length === server.said, `what was said before and behind the end, ${heard} of ${server.said}`);
  }
  expect(heard).toEqual(Array.from({ length: 7 }, (_, i) => `n:${i + 1}`));
  expect(chain.server.heard.filter(({ method }) => method === 'GET')).toHaveLength(1);
  await client.close();
});

/** A server with one stream a session, that keeps no events: what it says without a stream is lost with it. */
class TalkingServer {
  /** How often it has said something, and how often of that in its present session to somebody. */
  said = 0;
  taken = 0;
  /** What had been said and logged before its present session. */
  saidBefore = 0;
  loggedBefore = 0;
  #stream?: ServerResponse;
  #session = 1;

  answer(...[heard, response]: Parameters<Parameters<typeof startChain>[0]>): void {
    const session = { 'mcp-session-id': `s-${this.#session}` };
    if (heard.message?.method === 'initialize') response.writeHead(200, { ...JSON_TYPE, ...session }).end(resultOf(heard, STANDS));
    else if (heard.session !== `s-${this.#session}`) response.writeHead(404).end();
    else if (heard.method === 'GET' && this.#stream !== undefined) response.writeHead(409).end();
    else if (heard.method === 'GET') this.#listenTo(response);
    else response.writeHead(202).end();
  }

  get isHeard(): boolean {
    return this.#stream !== undefined;
  }

  say(): number {
    this.said++;
    if (this.#stream === undefined) return this.said;
    this.taken++;
    const message = { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: `n:${this.said}` } };
    this.#stream.write(`data: ${JSON.stringify(message)}\n\n`);
    return this.said;
  }

  endStream(): void {
    this.#stream?.end();
    this.#stream = undefined;
  }

  restart(logged: number): void {
    this.endStream();
    this.#session++;
    this.saidBefore = this.said;
    this.loggedBefore = logged;
    this.taken = 0;
  }

  #listenTo(response: ServerResponse): void {
    this.#stream = response;
    response.writeHead(200, SSE_TYPE).flushHeaders();
    response.once('close', () => {
      if (this.#stream === response) this.#stream = undefined;
    });
  }
}

/** An agent that listens by one replica after the other, and comes back with the id of what it has heard. */
class Listener {
  readonly heard: number[] = [];
  #session = '';
  #lastId?: string;
  #open?: AbortController;

  constructor(
    private readonly chain: Chain,
    private readonly replicas: readonly string[],
  ) {}

  async initialize(replica: number): Promise<void> {
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
    const opened = await this.#fetch(replica, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    await opened.text();
    this.#session = opened.headers.get('mcp-session-id') ?? '';
    this.#lastId = undefined;
  }

  /** Listens, in a new session where the old one is gone. */
  async listen(replica: number): Promise<void> {
    if (this.#open !== undefined) return;
    const open = new AbortController();
    const headers = { 'mcp-session-id': this.#session, ...(this.#lastId !== undefined && { 'last-event-id': this.#lastId }) };
    const response = await this.#fetch(replica, { headers, signal: open.signal });
    if (response.status === 200) {
      this.#open = open;
      void this.#read(response, open).catch(() => undefined);
      return;
    }
    await response.text();
    if (response.status === 404) await this.initialize(replica);
    await this.listen(replica);
  }

  cut(): void {
    this.#open?.abort();
    this.#open = undefined;
  }

  async #read(response: Response, open: AbortController): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
        if (open.signal.aborted) return;
        text += decoder.decode(piece, { stream: true });
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          this.#hear(text.slice(0, end));
          text = text.slice(end + 2);
        }
      }
    } finally {
      if (this.#open === open) this.#open = undefined;
    }
  }

  #hear(event: string): void {
    this.#lastId = /^id: (.+)$/m.exec(event)?.[1] ?? this.#lastId;
    const said = /"uri":"n:(\d+)"/.exec(event)?.[1];
    if (said !== undefined) this.heard.push(Number(said));
  }

  async #fetch(replica: number, init: RequestInit): Promise<Response> {
    const authorization = `Bearer ${await this.chain.rig.token('agent')}`;
    const headers = { accept: 'application/json, text/event-stream', ...(init.headers as object), authorization };
    return fetch(`${this.replicas[replica]}/app/mcp`, { ...init, headers });
  }
}
