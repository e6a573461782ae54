import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answer, deferred, grant, type Rig, readRpc, startRig } from './rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig(
    { payments: { tools: { report: { effect: 'read_only', key: 'fenced' } } } },
    { heartbeatMs: 20, streamAfterMs: 60, primeAfterMs: 25 },
  );
  await grant(rig, 'treasury', 'payments', ['*']);
});
afterAll(() => rig.stop());

const call = (name: string) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } });

/** Reads a stream until it has said something often enough. */
async function readUntil(response: Response, wanted: RegExp): Promise<{ text: string; reader: ReadableStreamDefaultReader<Uint8Array> }> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  while (!wanted.test(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended after ${JSON.stringify(text)}`);
    text += Buffer.from(value).toString();
  }
  return { text, reader };
}

describe('while a server is silent', () => {
  test('a read becomes a stream with comments, and its answer comes as the last event', async () => {
    const [released, release] = deferred();
    rig.upstream = async (_, response, body) => {
      await released;
      answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } });
    };
    const response = await rig.post('treasury', 'payments', call('report'));
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const { reader } = await readUntil(response, /^(:\n\n){3}/);
    release();
    let rest = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) rest += Buffer.from(part.value).toString();
    expect(readRpc(rest)).toMatchObject({ result: { content: [] } });
  });

  test('a primed write has comments between its events', async () => {
    const [released, release] = deferred();
    rig.upstream = async (_, response, body) => {
      await released;
      answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } });
    };
    const { text } = await readUntil(await rig.post('treasury', 'payments', call('transfer')), /(:\n\n){3}$/);
    expect(text).toMatch(/^id: mcpfleet\.[\w-]+\nretry: \d+\ndata: \n\n(:\n\n)+$/);
    release();
  });

  test('a quick read stays one JSON body', async () => {
    rig.upstream = (_, response, body) => answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } });
    const response = await rig.post('treasury', 'payments', call('report'));
    expect(response.headers.get('content-type')).toBe('application/json');
    await response.text();
  });

  test('no comment is written into an event that has come only in part', async () => {
    rig.upstream = (request, response, body) => {
      if (request.method === 'POST') {
        return answer(
          response,
          { jsonrpc: '2.0', id: JSON.parse(body).id, result: { protocolVersion: '2025-11-25' } },
          { 'mcp-session-id': 'u' },
        );
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-fleet-instance': 'task-1' });
      response.write('data: {"jsonrpc":"2.0",');
      setTimeout(() => response.write('"method":"notifications/message"}\n'), 100);
      setTimeout(() => response.write('\n'), 150);
    };
    const opened = await rig.post('treasury', 'payments', { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} });
    const response = await fetch(`${rig.url}/payments/mcp`, {
      headers: {
        authorization: `Bearer ${await rig.token('treasury')}`,
        accept: 'text/event-stream',
        'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
      },
    });
    const { text, reader } = await readUntil(response, /\}\n\n(:\n\n)+$/);
    expect(text.replace(/^(:\n\n)+/, '')).toMatch(
      /^event: message\ndata: \{"jsonrpc":"2.0","method":"notifications\/message"\}\n\n(:\n\n)+$/,
    );
    await reader.cancel();
  });
});

describe('a slow reader', () => {
  /** A server that writes events as fast as it may, and how much of them left it. */
  function flood(head: Record<string, string>): { written: () => number } {
    let written = 0;
    const event = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { text: 'x'.repeat(64 * 1024) } })}\n\n`;
    rig.upstream = (request, response, body) => {
      if (request.method === 'POST' && JSON.parse(body).method === 'initialize') {
        return answer(response, { jsonrpc: '2.0', id: 0, result: { protocolVersion: '2025-11-25' } }, { 'mcp-session-id': 'u' });
      }
      response.writeHead(200, { ...head, 'mcp-fleet-instance': 'task-1' });
      const pump = (): void => {
        while (!response.destroyed && written < 256 * 1024 * 1024 && response.write(event)) written += event.length;
        written += event.length;
        response.once('drain', pump);
      };
      pump();
    };
    return { written: () => written };
  }

  async function settles(measure: () => number): Promise<number> {
    for (let last = -1; ; ) {
      const now = measure();
      if (now === last) return now;
      last = now;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  test.each([
    ['of a GET stream', 'GET'],
    ["of a call's notifications", 'POST'],
  ])(
    '%s slows the server down instead of filling the memory',
    async (_, method) => {
      const flooding = flood({ 'content-type': 'text/event-stream' });
      const opened = await rig.post('treasury', 'payments', { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} });
      const leaving = new AbortController();
      const response = await fetch(`${rig.url}/payments/mcp`, {
        method,
        headers: {
          authorization: `Bearer ${await rig.token('treasury')}`,
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
        },
        ...(method === 'POST' && { body: JSON.stringify(call('report')) }),
        signal: leaving.signal,
      });
      expect(response.status).toBe(200);
      expect(await settles(flooding.written)).toBeLessThan(32 * 1024 * 1024);
      leaving.abort();
    },
    20_000,
  );
});
