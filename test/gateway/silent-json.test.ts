import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { JSON_TYPE, opensSession, resultOf } from '../sidecar/raw-server';
import { type Chain, startChain } from './behind-balancer';

/** The balancer cuts what is silent for so long, in seconds; and how long the server is silent, in milliseconds. */
const IDLE = 0.5;
const SILENCE = 1_500;

let chain: Chain;

afterEach(() => chain.stop());

test.each(['balance', 'transfer'])(
  'a JSON server that is silent for longer than the balancer bears answers %s, which it ran once',
  async (tool) => {
    chain = await startChain(
      async (heard, response) => {
        if (opensSession(heard, response)) return;
        if (heard.message?.method === 'tools/call') await delay(SILENCE);
        if (heard.message?.id === undefined) response.writeHead(202).end();
        else response.writeHead(200, JSON_TYPE).end(resultOf(heard, { tools: [], content: [{ type: 'text', text: 'at last' }] }));
      },
      {
        server: { tools: { balance: { effect: 'read_only', key: 'fenced' } } },
        limits: { streamAfter: 100, heartbeat: 100, heartbeatSweep: 50 },
        idleTimeoutSeconds: IDLE,
      },
    );
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const opened = await chain.rig.post('agent', 'app', { jsonrpc: '2.0', id: 0, method: 'initialize', params });
    await opened.text();
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {} } };
    expect(await chain.rig.ask('agent', 'app', call, session)).toMatchObject({
      result: { content: [{ text: 'at last' }], _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed', replayed: false } } },
    });
    expect(chain.server.heard.filter(({ message }) => message?.method === 'tools/call')).toHaveLength(1);
  },
);
