import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { INSIST_HEADER } from '../../core/headers';
import { answer, grant, type Rig, startRig } from './rig';

const PARAMS = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bot', version: '1' } };
const META = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
const rpc = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params });

let rig: Rig;
/** Instances that the load balancer goes through, one after the other, for requests without a cookie. */
let instances: ('outdated' | 'at_capacity' | 'current')[];
let turn: number;
/** Sessions that are held. */
let held: Set<string>;
let executed: number;

beforeAll(async () => {
  const tools = { pay: { effect: 'state_changing', key: 'fenced' } } as const;
  rig = await startRig({ docs: { onLoss: 'restart', tools } });
  await grant(rig, 'research', 'docs', ['*']);
});
afterAll(() => rig.stop());

beforeEach(() => {
  rig.reached.length = 0;
  turn = 0;
  executed = 0;
  held = new Set();
  rig.upstream = (request, response, body) => {
    const session = request.headers['mcp-session-id'];
    if (typeof session === 'string') return inSession(session, response, body);
    const instance = instances[turn++ % instances.length] ?? 'current';
    if (instance === 'current' || (instance === 'outdated' && request.headers[INSIST_HEADER])) begin(response, body);
    else response.writeHead(503, { 'mcp-fleet-instance': `task-${turn}`, 'mcp-fleet-reason': instance }).end('{}');
  };
});

function begin(response: ServerResponse, body: string): void {
  const { id, method } = JSON.parse(body);
  if (method === 'tools/call') executed++;
  if (method === 'initialize') openSession(response, id);
  else answer(response, { jsonrpc: '2.0', id, result: { resultType: 'complete', content: [] } });
}

function openSession(response: ServerResponse, id: unknown): void {
  const upstream = `upstream-${held.size + 1}`;
  held.add(upstream);
  const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 's', version: '1' } };
  answer(response, { jsonrpc: '2.0', id, result }, { 'mcp-session-id': upstream, 'set-cookie': 'AWSALB=there; Path=/' });
}

function inSession(session: string, response: ServerResponse, body: string): void {
  if (!held.has(session))
    return void response.writeHead(404, { 'mcp-fleet-instance': 'task-0', 'mcp-fleet-reason': 'unknown_session' }).end('{}');
  const { id, method } = JSON.parse(body);
  if (id === undefined) return void response.writeHead(202, { 'mcp-fleet-instance': 'task-0' }).end();
  if (method === 'tools/call') executed++;
  answer(response, { jsonrpc: '2.0', id, result: { content: [] } });
}

const openings = () => rig.reached.filter(({ line, body }) => line.startsWith('POST') && body.includes('"initialize"'));
const insisting = (requests: readonly { headers: IncomingMessage['headers'] }[]) =>
  requests.filter(({ headers }) => headers[INSIST_HEADER]);

async function open(): Promise<Record<string, string>> {
  const response = await rig.post('research', 'docs', rpc('initialize', PARAMS));
  expect(await response.json()).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
  return { 'mcp-session-id': response.headers.get('mcp-session-id') ?? '' };
}

describe('what outdated instances refuse', () => {
  test('goes to a current one, whatever a call may cost in recovery', async () => {
    instances = [...Array(9).fill('outdated'), 'current'];
    await open();
    expect([openings().length, insisting(openings()).length]).toEqual([10, 0]);
  });

  test('one of them takes in the end, when there is no other', async () => {
    instances = ['outdated', 'outdated'];
    await open();
    expect(insisting(openings())).toHaveLength(1);
  });

  test('runs once, where it is a write without a session', async () => {
    instances = ['outdated', 'outdated', 'current'];
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'pay' };
    const call = rpc('tools/call', { name: 'pay', arguments: {}, _meta: META });
    const { result } = await rig.ask('research', 'docs', call, headers);
    expect(result._meta['cdk-mcp-fleet/call']).toMatchObject({ outcome: 'confirmed' });
    expect(executed).toBe(1);
  });

  test('is a session that was handed over: it goes on at a current instance, and not at one that is full', async () => {
    instances = ['current'];
    const session = await open();
    held.clear();
    turn = 0;
    instances = ['outdated', 'at_capacity', 'outdated', 'current'];
    const { result } = await rig.ask('research', 'docs', rpc('tools/call', { name: 'pay', arguments: {} }), session);
    expect(result._meta['cdk-mcp-fleet/call']).toMatchObject({ outcome: 'confirmed', sessionRestored: true });
    expect(executed).toBe(1);
  });
});
