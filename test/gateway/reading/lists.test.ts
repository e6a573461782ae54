import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { grant, type Rig, type RpcAnswer, readRpc, startRig } from '../rig';
import { modern, modernHeaders } from './messages';
import { says, serving } from './serving';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ payments: { recovery: { attempts: 1, seconds: 1 } } });
  await grant(rig, 'guest', 'payments', ['balance', 'files/read']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.reached.length = 0;
});

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

async function listed(
  result: string,
  as: 'body' | 'event',
  era: 'legacy' | 'modern',
): Promise<{ text: string; answer: Omit<RpcAnswer, 'status'> }> {
  const text = `{"jsonrpc":"2.0","id":$id,"result":${result}}`;
  rig.upstream = serving({ 'tools/list': as === 'body' ? says(text) : says(`data: ${text}\n\n`, { type: 'text/event-stream' }) });
  const [body, headers] = era === 'legacy' ? [LIST, {}] : [modern('tools/list'), modernHeaders('tools/list')];
  const told = await (await rig.post('guest', 'payments', body, headers)).text();
  return { text: told, answer: readRpc(told) };
}

describe.each([
  ['body', 'legacy'],
  ['event', 'legacy'],
  ['body', 'modern'],
  ['event', 'modern'],
] as const)('as a %s in the %s era', (as, era) => {
  test.each([
    ['NaN in it', '{"tools":[{"name":"admin","x":NaN}]}'],
    ['a brace behind it', '{"tools":[{"name":"admin"}]}}'],
    ['tools that are an object', '{"tools":{"0":{"name":"admin"}}}'],
    ['tools that are a text', '{"tools":"admin"}'],
    ['tools that are null', '{"tools":null,"admin":1}'],
    ['no tools', '{"admin":[]}'],
    ['tools twice', '{"tools":[],"tools":[{"name":"admin"}]}'],
    ['tools twice, one spelt with an escape', '{"tools":[],"\\u0074ools":[{"name":"admin"}]}'],
    ['tools in another case only', '{"TOOLS":[{"name":"admin"}]}'],
    ['a list in its place', '[{"name":"admin"}]'],
  ])('a list with %s cannot be filtered, and is an error', async (_, result) => {
    const { text, answer } = await listed(result, as, era);
    expect(text).not.toContain('admin');
    expect(answer).toMatchObject({ id: 1, error: { code: 504, data: { outcome: 'unknown', retry: 'safe' } } });
  });

  test.each([
    ['tools in another case', '{"tools":[],"Tools":[{"name":"admin"}]}', []],
    ['tools with U+017F', '{"tools":[],"tool\u017f":[{"name":"admin"}]}', []],
    ['a tool whose name is there in two cases', '{"tools":[{"name":"balance","Name":"admin"}]}', [{ name: 'balance' }]],
  ])('%s beside what was judged are removed, for a client that takes no notice of case', async (_, result, tools) => {
    const { text, answer } = await listed(result, as, era);
    expect(text).not.toContain('admin');
    expect(answer.result.tools).toMatchObject(tools);
  });

  test.each([
    ['a name twice', '{"name":"balance","name":"admin"}'],
    ['a name that is spelt twice', '{"name":"balance","n\\u0061me":"admin"}'],
    ['a name in another case only', '{"NAME":"admin"}'],
    ['no name', '{"title":"admin"}'],
    ['a name that is a list', '{"name":["admin"]}'],
    ['a name that is null', '{"name":null,"title":"admin"}'],
    ['a lone surrogate in its name', '{"name":"balance\\ud800","title":"admin"}'],
    ['a name of 1,025 bytes', `{"name":"${'x'.repeat(1_025)}","title":"admin"}`],
    ['what is no tool', '"admin"'],
    ['a list in a list', '[{"name":"admin"}]'],
  ])('a tool with %s is not shown, and those beside it are', async (_, tool) => {
    const { text, answer } = await listed(`{"tools":[{"name":"balance"},${tool},{"name":"files/read"}],"nextCursor":"n"}`, as, era);
    expect(text).not.toContain('admin');
    expect(answer.result.tools.map(({ name }) => name)).toEqual(['balance', 'files/read']);
    expect(answer.result.nextCursor).toBe('n');
  });
});

test('a list that depends on who asks is nobody else’s, on every page', async () => {
  for (const cursor of [undefined, 'page-2']) {
    rig.upstream = serving({
      'tools/list': says(
        '{"jsonrpc":"2.0","id":$id,"result":{"resultType":"complete","tools":[{"name":"admin"}],"ttlMs":1,"cacheScope":"public"}}',
      ),
    });
    const { result } = await rig.ask(
      'guest',
      'payments',
      modern('tools/list', cursor === undefined ? {} : { cursor }),
      modernHeaders('tools/list'),
    );
    expect(result).toMatchObject({ tools: [], cacheScope: 'private' });
  }
});
