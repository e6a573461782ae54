import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { agentId } from '../../core/agent';
import { STAMP_KEY } from '../../core/stamp';
import { answer, askedId, deferred, grant, type Rig, startRig } from './rig';

const TOOL = 'fleet_call_outcome';
const MODERN_META = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };

let rig: Rig;
/** What the server lists. */
let tools: object[];

beforeAll(async () => {
  rig = await startRig({ payments: { outcomeTool: true, affinity: 'agent' }, reports: {} });
  for (const server of ['payments', 'reports']) await grant(rig, 'treasury', server, ['*']);
  await grant(rig, 'support', 'payments', ['transfer']);
  await grant(rig, 'outsider', 'payments', ['*']);
  const issuer = rig.gateway.config.identity.issuer;
  const outsider = { agent: agentId({ issuer, subject: 'outsider' }), issuer, subject: 'outsider' };
  rig.allowlist.push({ ...outsider, entry: 'payments#deny#test', server: 'payments', effect: 'deny', tools: [TOOL], source: 'test' });
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.reached.length = 0;
  tools = [{ name: 'transfer', inputSchema: { type: 'object' } }];
  rig.upstream = (_, response, body) => {
    const { id, method, params } = JSON.parse(body);
    const content = [{ type: 'text', text: `did ${params.name}` }];
    answer(response, { jsonrpc: '2.0', id, result: method === 'tools/list' ? { tools, cacheScope: 'public' } : { content } });
  };
});

const request = (method: string, params: object) => ({ jsonrpc: '2.0', id: 1, method, params });
const ask = (key: unknown) => request('tools/call', { name: TOOL, arguments: { key } });
const transfer = (key: string) =>
  request('tools/call', { name: 'transfer', arguments: {}, _meta: { 'cdk-mcp-fleet/idempotencyKey': key } });
const modernHeaders = (method: string) => ({ 'mcp-protocol-version': '2026-07-28', 'mcp-method': method });

// biome-ignore lint/suspicious/noExplicitAny: an answer is read by path, as an agent does
async function tell(subject: string, key: unknown): Promise<any> {
  return (await rig.ask(subject, 'payments', ask(key))).result;
}

describe('a call of the tool', () => {
  test('tells what GET tells, as structure and as text, and sends nothing', async () => {
    await rig.ask('treasury', 'payments', transfer('invoice-1'));
    rig.reached.length = 0;
    const { structuredContent, content, ...rest } = await tell('treasury', 'invoice-1');
    const url = `${rig.url}/payments/calls/invoice-1`;
    const got = await fetch(url, { headers: { authorization: `Bearer ${await rig.token('treasury')}` } });
    expect(structuredContent).toEqual(await got.json());
    expect(structuredContent).toMatchObject({ outcome: 'confirmed', tool: 'transfer', result: { content: [{ text: 'did transfer' }] } });
    expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }]);
    expect(rest).toEqual({
      _meta: { [STAMP_KEY]: { callId: expect.any(String), outcome: 'confirmed', replayed: false, sessionRestored: false } },
    });
    expect(rig.reached).toEqual([]);
  });

  test('keeps numbers that JavaScript cannot hold', async () => {
    rig.upstream = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-fleet-instance': 'task-1' });
      response.end(`{"jsonrpc":"2.0","id":${askedId(response)},"result":{"content":[],"structuredContent":{"id":12345678901234567890}}}`);
    };
    await rig.ask('treasury', 'payments', transfer('large'));
    const text = await (await rig.post('treasury', 'payments', ask('large'))).text();
    expect(text).toContain('"result":{"content":[],"structuredContent":{"id":12345678901234567890}}}');
  });

  test('is a read in the audit, which keeps what was told and not the result once more', async () => {
    await rig.ask('treasury', 'payments', transfer('audited'));
    const { _meta, structuredContent } = await tell('treasury', 'audited');
    const row = (await rig.rows()).find(({ callId }) => callId === _meta[STAMP_KEY].callId);
    expect(row).toMatchObject({
      tool: TOOL,
      subject: 'treasury',
      stateChanging: false,
      state: 'confirmed',
      arguments: '{"key":"audited"}',
    });
    const { result: _, ...facts } = structuredContent;
    expect(JSON.parse(row?.result ?? '')).toEqual({ content: [{ type: 'text', text: JSON.stringify(facts) }], structuredContent: facts });
    // A question about the question does not grow.
    expect((await tell('treasury', row?.callId)).structuredContent).toMatchObject({ tool: TOOL, result: { structuredContent: facts } });
  });

  test('that is about one still under way says so', async () => {
    const [told, answerIt] = deferred();
    const [arrived, arrive] = deferred();
    rig.upstream = (_, response) => {
      arrive();
      void told.then(() => answer(response, { jsonrpc: '2.0', id: 1, result: { content: [] } }));
    };
    const running = rig.ask('treasury', 'payments', transfer('running'));
    await arrived;
    const { structuredContent } = await tell('treasury', 'running');
    answerIt();
    expect(structuredContent).toEqual({
      callId: expect.any(String),
      idempotencyKey: 'running',
      server: 'payments',
      tool: 'transfer',
      state: 'sent',
    });
    expect((await running).result._meta[STAMP_KEY]?.callId).toBe(structuredContent.callId);
    expect((await tell('treasury', 'running')).structuredContent).toMatchObject({ outcome: 'confirmed' });
  });

  test('that finds nothing says what to do, and is no protocol error', async () => {
    await rig.ask('treasury', 'payments', transfer('mine'));
    for (const [subject, key] of [
      ['treasury', 'never'],
      ['support', 'mine'],
    ] as const) {
      const { isError, content, structuredContent, _meta } = await tell(subject, key);
      expect([isError, _meta[STAMP_KEY].outcome]).toEqual([true, 'failed']);
      expect(content[0].text).toContain('make it again with the very same key');
      expect(structuredContent).toEqual({ server: 'payments', outcome: 'unknown', reason: content[0].text });
    }
  });

  test.each([undefined, null, 5, '', 'ü'.repeat(128)])('with the key %j is told what a key is', async (key) => {
    const { isError, content } = await tell('treasury', key);
    expect([isError, content[0].text]).toEqual([true, expect.stringMatching(/^"key" must be a string of 1 to 255 bytes/)]);
  });

  test('needs no grant of its own, and an explicit deny wins', async () => {
    expect((await tell('support', 'never')).isError).toBe(true);
    const { error } = await rig.ask('outsider', 'payments', ask('never'));
    expect(error).toMatchObject({ code: 403, data: { error: 'DENIED', outcome: 'not_executed' } });
    expect((await rig.ask('stranger', 'payments', ask('never'))).error.data.error).toBe('SERVER_DENIED');
  });

  test('is served to a modern agent without a session, and its headers are checked', async () => {
    await rig.ask('treasury', 'payments', transfer('modern'));
    rig.reached.length = 0;
    const body = request('tools/call', { name: TOOL, arguments: { key: 'modern' }, _meta: MODERN_META });
    const headers = modernHeaders('tools/call');
    const { result } = await rig.ask('treasury', 'payments', body, { ...headers, 'mcp-name': TOOL });
    expect(result).toMatchObject({ resultType: 'complete', structuredContent: { outcome: 'confirmed' } });
    const { status, error } = await rig.ask('treasury', 'payments', body, { ...headers, 'mcp-name': 'transfer' });
    expect([status, error.code]).toEqual([400, -32020]);
    expect(rig.reached).toEqual([]); // not even to learn where the agent's instance is
  });

  test('goes to a server that did not opt in as any other', async () => {
    const { result } = await rig.ask('treasury', 'reports', ask('x'));
    expect(result.content).toEqual([{ type: 'text', text: `did ${TOOL}` }]);
  });
});

describe('tools/list', () => {
  const list = async (subject: string, server: string, params: object = {}, headers: Record<string, string> = {}) =>
    (await rig.ask(subject, server, request('tools/list', params), headers)).result;
  const names = async (...request: Parameters<typeof list>) => (await list(...request)).tools.map(({ name }) => name);

  test('shows it last on the first page, to whom it is not denied', async () => {
    expect(await names('treasury', 'payments')).toEqual(['transfer', TOOL]);
    expect(await names('support', 'payments')).toEqual(['transfer', TOOL]);
    expect(await names('outsider', 'payments')).toEqual(['transfer']);
    expect(await names('treasury', 'payments', { cursor: 'page 2' })).toEqual(['transfer']);
    expect(await names('treasury', 'reports')).toEqual(['transfer']);
  });

  test('shows it also where the server has no tools, and never where it gives no list', async () => {
    tools = [];
    expect(await names('treasury', 'payments')).toEqual([TOOL]);
    rig.upstream = (_, response) => answer(response, { jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'no such method' } });
    expect((await rig.ask('treasury', 'payments', request('tools/list', {}))).error.code).toBe(-32601);
  });

  test("shows it in place of the server's own", async () => {
    tools = [{ name: TOOL, description: 'mine' }, { name: 'transfer' }];
    expect((await list('treasury', 'payments')).tools.at(-1)).toMatchObject({
      name: TOOL,
      description: expect.stringContaining('executes nothing'),
      annotations: { readOnlyHint: true, openWorldHint: false },
    });
    expect(await names('treasury', 'payments')).toEqual(['transfer', TOOL]);
    expect(await names('treasury', 'payments', { cursor: 'page 2' })).toEqual(['transfer']);
    expect((await list('treasury', 'reports')).tools[0]).toMatchObject({ description: 'mine' });
  });

  test('stays the same for all whom nothing is hidden from', async () => {
    const modern = [{ _meta: MODERN_META }, modernHeaders('tools/list')] as const;
    expect(await list('treasury', 'payments', ...modern)).toMatchObject({ cacheScope: 'public' });
    expect(await list('support', 'payments', ...modern)).toMatchObject({ cacheScope: 'private' });
  });
});
