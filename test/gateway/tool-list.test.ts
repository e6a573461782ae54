import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { askedId, grant, type Rig, startRig } from './rig';

const DEMAND = 'cdk-mcp-fleet/idempotency';
const PLACES = { meta: 'cdk-mcp-fleet/idempotencyKey', header: 'Idempotency-Key' };

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({
    payments: {
      tools: {
        balance: { effect: 'read_only', key: 'fenced' },
        wire: { effect: 'state_changing', key: 'required' },
        pay: { effect: 'state_changing', key: 'required', keyArgument: 'ref' },
        note: { effect: 'state_changing', key: 'fenced', keyArgument: 'ref' },
      },
    },
  });
  await grant(rig, 'treasury', 'payments', ['*']);
  await grant(rig, 'support', 'payments', ['balance', 'wire']);
});
afterAll(() => rig.stop());

const LEGACY = { body: { jsonrpc: '2.0', id: 1, method: 'tools/list' }, headers: {} };
const MODERN = {
  body: { ...LEGACY.body, params: { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } } },
  headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' },
};

/** The list as an agent gets it, when this text is what the server writes. */
async function listed(text: string, subject = 'treasury', { body, headers } = LEGACY): Promise<string> {
  rig.upstream = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'mcp-fleet-instance': 'task-1' });
    response.end(text.replace('"id":1', `"id":${askedId(response)}`));
  };
  return (await rig.post(subject, 'payments', body, headers)).text();
}

const responseOf = (...tools: string[]) => `{"jsonrpc":"2.0","id":1,"result":{"tools":[${tools.join(',')}]}}`;

/** One tool as the agent sees it. */
// biome-ignore lint/suspicious/noExplicitAny: a tool is read by path, as an agent does
async function toolAfter(tool: object): Promise<any> {
  return JSON.parse(await listed(responseOf(JSON.stringify(tool)))).result.tools[0];
}

describe('the demand of a tool', () => {
  test.each([
    ['one that nobody declared', 'transfer', { key: 'fenced', in: PLACES }],
    ['one that needs a key', 'wire', { key: 'required', in: PLACES }],
    ['one whose key is an argument', 'pay', { key: 'required', in: { ...PLACES, argument: 'ref' } }],
    ['one whose key may be an argument', 'note', { key: 'fenced', in: { ...PLACES, argument: 'ref' } }],
  ])('stands in _meta of %s', async (_, name, demand) => {
    expect((await toolAfter({ name, inputSchema: { type: 'object' } }))._meta).toEqual({ [DEMAND]: demand });
  });

  test.each([LEGACY, MODERN])('is told in both eras, whether the list is filtered or not: %#', async (request) => {
    for (const subject of ['treasury', 'support']) {
      const { tools } = JSON.parse(await listed(responseOf('{"name":"balance"}', '{"name":"wire"}'), subject, request)).result;
      expect(tools).toEqual([{ name: 'balance' }, { name: 'wire', _meta: { [DEMAND]: { key: 'required', in: PLACES } } }]);
    }
  });

  test("stands beside the server's own _meta, and takes the place of a forged one", async () => {
    const _meta = { 'example/icon': 'x', [DEMAND]: { key: 'none' } };
    expect((await toolAfter({ name: 'wire', _meta }))._meta).toEqual({ 'example/icon': 'x', [DEMAND]: { key: 'required', in: PLACES } });
    expect((await toolAfter({ name: 'balance', _meta }))._meta).toEqual({ 'example/icon': 'x' });
  });

  test('is not escaped by another spelling, nor by a member that comes twice', async () => {
    const text = '{"name":"balance","n\\u0061me":"wire","_meta":{},"_m\\u0065ta":{"cdk-mcp-fleet/idempotenc\\u0079":1,"a":1}}';
    const [tool] = JSON.parse(await listed(responseOf(text))).result.tools;
    expect(tool).toEqual({ name: 'wire', _meta: { a: 1, [DEMAND]: { key: 'required', in: PLACES } } });
  });
});

test('no spelling of a name brings a tool through the filter', async () => {
  const text = await listed(
    responseOf('{"name":"hidden","n\\u0061me":"balance"}', '{"name":"balance","name":"hidden"}', '["hidden"]'),
    'support',
  );
  expect(JSON.parse(text).result.tools).toEqual([{ name: 'balance' }]);
  expect(text).not.toContain('hidden');
});

test('no case of a name does, for a parser that folds case', async () => {
  const tools = '"tools":[{"name":"balance","Name":"hidden"}],"Tools":[{"name":"hidden"}]';
  const text = await listed(`{"jsonrpc":"2.0","id":1,"result":{${tools}}}`, 'support');
  expect(JSON.parse(text).result).toEqual({ tools: [{ name: 'balance' }] });
});

describe('bytes', () => {
  test('of every value stay as they are', async () => {
    const list = '{ "jsonrpc":"2.0", "id":1,\n "result":{"tools":[ {"name":"balance", "inputSchema":{"maximum" : 1.0}} ] , "ttlMs":1e3}}';
    const shown = '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"balance","inputSchema":{"maximum" : 1.0}}],"ttlMs":1e3}}';
    expect(await listed(list)).toBe(shown);
  });

  test.each([
    ['an empty list', '{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}'],
    ['an error', '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"x","data":1.0}}'],
  ])('of %s stay as they are', async (_, text) => {
    expect(await listed(text)).toBe(text);
  });

  test('of every value stay where a tool beside it is changed', async () => {
    const schema = '{"type": "object", "properties": {"n": {"maximum": 12345678901234567890, "default": 1.0}}}';
    const text = await listed(responseOf('{"name":"balance", "x":1.0}', `{"name":"wire","inputSchema":${schema}}`));
    expect(text).toContain('{"name":"balance","x":1.0}');
    expect(text).toContain(`"inputSchema":${schema}`);
  });
});

test.each([
  ['a list that is none', '{"jsonrpc":"2.0","id":1,"result":{"tools": 1.0}}'],
  ['a list that is an object', '{"jsonrpc":"2.0","id":1,"result":{"tools":{"0":{"name":"hidden"}}}}'],
  ['no list', '{"jsonrpc":"2.0","id":1,"result":{}}'],
  ['NaN in it', '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"hidden","x":NaN}]}}'],
  ['a brace behind it', '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"hidden"}]}}}'],
  ['no JSON', 'upstream says: hidden'],
  ['another id', '{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"hidden"}]}}'],
])('a list with %s cannot be filtered, and does not leave', async (_, text) => {
  const shown = await listed(text, 'support');
  expect(JSON.parse(shown)).toMatchObject({ id: 1, error: { code: 504, data: { outcome: 'unknown', retry: 'safe' } } });
  expect(shown).not.toContain('hidden');
});

test('a tool whose name does not fit into a row is hidden', async () => {
  const { tools } = JSON.parse(await listed(responseOf(JSON.stringify({ name: 'x'.repeat(1025) }), '{"name":"balance"}'))).result;
  expect(tools).toEqual([{ name: 'balance' }]);
});

describe('the schema of a tool whose required key is an argument', () => {
  const KEY = { type: 'string', description: expect.stringContaining('Idempotency key') };
  const schemaAfter = async (inputSchema: unknown, name = 'pay') => (await toolAfter({ name, inputSchema })).inputSchema;

  test.each<[string, object, object]>([
    [
      'wants it, and describes it',
      { type: 'object', properties: { a: {}, ref: { type: 'string', maxLength: 9 } }, required: ['a'] },
      { type: 'object', properties: { a: {}, ref: { ...KEY, maxLength: 9 } }, required: ['a', 'ref'] },
    ],
    [
      "keeps the server's description",
      { type: 'object', properties: { ref: { description: 'd' } }, required: ['ref'], additionalProperties: false },
      { type: 'object', properties: { ref: { description: 'd' } }, required: ['ref'], additionalProperties: false },
    ],
    [
      'gets it where it is open',
      { type: 'object', additionalProperties: true },
      { type: 'object', additionalProperties: true, properties: { ref: KEY }, required: ['ref'] },
    ],
    ['takes a boolean schema as it is', { properties: { ref: true } }, { properties: { ref: true }, required: ['ref'] }],
  ])('%s', async (_, before, after) => {
    expect(await schemaAfter(before)).toEqual(after);
  });

  test.each<[string, unknown]>([
    ['refuses others', { type: 'object', properties: {}, additionalProperties: false }],
    ['wants others to be numbers', { type: 'object', additionalProperties: { type: 'number' } }],
    ['is put together of others', { type: 'object', allOf: [{ $ref: '#/$defs/base' }] }],
    ['is no schema', 'none'],
  ])('stays as it is where it does not have it and %s', async (_, schema) => {
    expect(await schemaAfter(schema)).toEqual(schema);
  });

  test('stays as it is where the key is not required, or is no argument', async () => {
    const schema = { type: 'object', properties: { ref: { type: 'string' } } };
    expect(await schemaAfter(schema, 'note')).toEqual(schema);
    expect(await schemaAfter(schema, 'wire')).toEqual(schema);
  });
});
