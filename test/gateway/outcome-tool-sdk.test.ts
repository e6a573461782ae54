import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { journaledServer, loseSession } from '../client/journaled-server';
import { answer, grant, type Rig, startRig } from './rig';

const TOOL = 'fleet_call_outcome';

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ payments: { outcomeTool: true } });
  await grant(rig, 'treasury', 'payments', ['*']);
});
afterAll(() => rig.stop());

interface Agent {
  listTools(): Promise<{ tools: { name: string; outputSchema?: unknown }[] }>;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is read by path, as an agent does
  callTool(call: { name: string; arguments: Record<string, unknown>; _meta?: Record<string, unknown> }): Promise<any>;
  close(): Promise<void>;
}

/** Official clients: they hold structured content against the output schema that they have listed. */
const CLIENTS: Record<string, (url: URL, headers: Record<string, string>) => Promise<Agent>> = {
  v1: async (url, headers) => {
    const client = new ClientV1({ name: 'agent', version: '1' });
    await client.connect(new TransportV1(url, { requestInit: { headers } }));
    return client as Agent;
  },
  v2: async (url, headers) => {
    const client = new ClientV2({ name: 'agent', version: '1' });
    await client.connect(new TransportV2(url, { requestInit: { headers } }));
    return client as Agent;
  },
  'v2, sessionless': async (url, headers) => {
    const client = new ClientV2({ name: 'agent', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
    await client.connect(new TransportV2(url, { requestInit: { headers } }));
    return client as Agent;
  },
};

/** A journaled server that speaks both eras. */
function bothEras(): Rig['upstream'] {
  const { upstream } = journaledServer();
  return (request, response, body) => {
    if (request.headers['mcp-protocol-version'] !== '2026-07-28') return upstream(request, response, body);
    const { id, method } = JSON.parse(body);
    const complete = { resultType: 'complete', ttlMs: 0, cacheScope: 'public' };
    const serverInfo = { name: 's', version: '1' };
    if (method === 'server/discover') {
      const result = { ...complete, supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, serverInfo };
      return answer(response, { jsonrpc: '2.0', id, result });
    }
    const tools = [{ name: 'transfer', inputSchema: { type: 'object' } }];
    if (method === 'tools/list') return answer(response, { jsonrpc: '2.0', id, result: { ...complete, tools } });
    answer(response, { jsonrpc: '2.0', id, result: { resultType: 'complete', content: [{ type: 'text', text: 'done 1' }] } });
  };
}

describe.each(Object.keys(CLIENTS))('an official client (%s)', (kind) => {
  test('lists the tool, asks by key and by call id, and its schema holds', async () => {
    rig.upstream = bothEras();
    const headers = { authorization: `Bearer ${await rig.token('treasury')}` };
    const client = (await CLIENTS[kind]?.(new URL(`${rig.url}/payments/mcp`), headers)) as Agent;
    try {
      const { tools } = await client.listTools();
      expect(tools.find(({ name }) => name === TOOL)?.outputSchema).toMatchObject({ type: 'object' });
      expect(tools.find(({ name }) => name === 'transfer')).toMatchObject({ _meta: { 'cdk-mcp-fleet/idempotency': { key: 'fenced' } } });

      const key = `of ${kind}`;
      await client.callTool({ name: 'transfer', arguments: { n: 1 }, _meta: { 'cdk-mcp-fleet/idempotencyKey': key } });
      const told = await client.callTool({ name: TOOL, arguments: { key } });
      expect(told.structuredContent).toMatchObject({ outcome: 'confirmed', result: { content: [{ text: 'done 1' }] } });
      const unknown = await client.callTool({ name: TOOL, arguments: { key: 'never' } });
      expect([unknown.isError, unknown.structuredContent.outcome]).toEqual([true, 'unknown']);

      const keyless = await client.callTool({ name: 'transfer', arguments: { n: 1 } });
      // A session that its instance has lost is no hindrance: the question does not go there.
      rig.upstream = (_, response) => loseSession(response);
      const { callId } = keyless._meta['cdk-mcp-fleet/call'];
      const asked = await client.callTool({ name: TOOL, arguments: { key: callId } });
      expect(asked.structuredContent).toMatchObject({ callId, outcome: 'confirmed' });
    } finally {
      await client.close();
    }
  });
});
