import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startCuttingProxy } from './cutting-proxy';
import { answer, callEventId, grant, type Rig, readRpc, startRig } from './rig';

let rig: Rig;
let other: string;
let executed: number;

beforeAll(async () => {
  rig = await startRig({ payments: {} });
  other = await rig.replica();
  for (const subject of ['treasury', 'support']) await grant(rig, subject, 'payments', ['*']);
});
afterAll(() => rig.stop());

/** An MCP server that takes 60 ms for a call, as seen behind a sidecar. */
beforeEach(() => {
  executed = 0;
  rig.upstream = (request, response, body) => {
    if (request.method !== 'POST') return response.writeHead(405, { 'mcp-fleet-instance': 'task-1' }).end();
    const { id, method } = JSON.parse(body);
    if (id === undefined) return response.writeHead(202, { 'mcp-fleet-instance': 'task-1' }).end();
    if (method === 'initialize') {
      const result = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } };
      return answer(response, { jsonrpc: '2.0', id, result }, { 'mcp-session-id': 'upstream-1' });
    }
    if (method === 'tools/list') return answer(response, { jsonrpc: '2.0', id, result: { tools: [] } });
    executed++;
    setTimeout(() => answer(response, { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'paid once' }] } }), 60);
  };
});

const CLIENTS = {
  v1: (url: URL, headers: Record<string, string>) => {
    const client = new ClientV1({ name: 'agent', version: '1' });
    return { client, connect: () => client.connect(new TransportV1(url, { requestInit: { headers } })) };
  },
  v2: (url: URL, headers: Record<string, string>) => {
    const client = new ClientV2({ name: 'agent', version: '1' });
    return { client, connect: () => client.connect(new TransportV2(url, { requestInit: { headers } })) };
  },
};

test.each(['v1', 'v2'] as const)('a plain SDK client (%s) that is answered with an error does not ask for it for ever', async (version) => {
  let resumed = 0;
  const url = new URL(`${rig.url}/payments/mcp`);
  const { client, connect } = CLIENTS[version](url, { authorization: `Bearer ${await rig.token('treasury')}` });
  const serve = rig.upstream;
  rig.upstream = (request, response, body) => {
    if (body.includes('tools/call')) setTimeout(() => request.socket.destroy(), 60);
    else serve(request, response, body);
  };
  const { fetch: plainFetch } = globalThis;
  globalThis.fetch = (input, init) => {
    if (new Headers(init?.headers).get('last-event-id') !== null) resumed++;
    return plainFetch(input, init);
  };
  try {
    await connect();
    await expect(client.callTool({ name: 'transfer', arguments: { version } })).rejects.toMatchObject({ code: 504 });
    await new Promise((resolve) => setTimeout(resolve, 2_000)); // four times what the stream told the client to wait
    expect(resumed).toBeLessThanOrEqual(1);
  } finally {
    globalThis.fetch = plainFetch;
    await client.close();
  }
});

describe.each(['v1', 'v2'] as const)('a plain SDK client (%s) whose stream is cut', (version) => {
  test.each([0, 1, 3, 9, 40, 150, 230])(
    '%d bytes behind the primed event gets its result through another replica; the call ran once',
    async (bytes) => {
      const proxy = await startCuttingProxy([rig.url, other], /tools\/call/, 'data: \n\n', bytes);
      const { client, connect } = CLIENTS[version](new URL(`${proxy.url}/payments/mcp`), {
        authorization: `Bearer ${await rig.token('treasury')}`,
      });
      await connect();
      try {
        const result = await client.callTool({ name: 'transfer', arguments: { bytes } });
        expect(result).toMatchObject({
          content: [{ text: 'paid once' }],
          _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed', replayed: false } },
        });
        expect([executed, proxy.cuts]).toEqual([1, 1]);
      } finally {
        await client.close();
        proxy.close();
      }
    },
  );
});

describe('resuming a call', () => {
  const resume = async (subject: string, id: string): Promise<Response> =>
    fetch(`${other}/payments/mcp`, {
      headers: { authorization: `Bearer ${await rig.token(subject)}`, accept: 'text/event-stream', 'last-event-id': id },
    });

  test('gives its outcome under the id of the request that was lost', async () => {
    const call = {
      jsonrpc: '2.0',
      id: 'request-7',
      method: 'tools/call',
      params: { name: 'transfer', _meta: { 'cdk-mcp-fleet/idempotencyKey': 'k7' } },
    };
    await rig.ask('treasury', 'payments', call);
    const id = await callEventId(rig, 'treasury', 'payments', 'k:k7', 'request-7');
    const answered = readRpc(await (await resume('treasury', id)).text());
    expect(answered).toMatchObject({ id: 'request-7', result: { content: [{ text: 'paid once' }] } });
  });

  test('of another agent gives nothing', async () => {
    const response = await resume('support', await callEventId(rig, 'treasury', 'payments', 'k:k7', 1));
    expect([response.status, readRpc(await response.text()).error.message]).toEqual([
      405,
      expect.stringContaining('no Mcp-Session-Id came'),
    ]);
  });

  test('whose answer was lost says so at once', async () => {
    rig.upstream = (request) => request.socket.destroy();
    const call = {
      jsonrpc: '2.0',
      id: 8,
      method: 'tools/call',
      params: { name: 'transfer', _meta: { 'cdk-mcp-fleet/idempotencyKey': 'k8' } },
    };
    await rig.ask('treasury', 'payments', call);
    const answered = readRpc(await (await resume('treasury', await callEventId(rig, 'treasury', 'payments', 'k:k8', 8))).text());
    expect(answered).toMatchObject({ id: 8, error: { code: 504, data: { outcome: 'unknown', idempotencyKey: 'k8' } } });
  });
});
