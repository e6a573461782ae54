import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { grant, type Rig, startRig } from '../rig';
import { call, MODERN_META, modernHeaders } from './messages';
import { reachedServer, serving } from './serving';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    payments: {
      outcomeTool: true,
      tools: {
        pay: { effect: 'state_changing', key: 'fenced', keyArgument: 'ref' },
        book: { effect: 'state_changing', key: 'fenced', keyArgument: 'bookingKey' },
        refund: {
          effect: 'state_changing',
          key: 'fenced',
          reconcile: {
            tool: 'balance',
            arguments: '{ "invoice": arguments.invoice }',
            landed: 'result.structuredContent.paid = true',
            notLanded: 'result.structuredContent.paid = false',
            effectSeconds: 1,
          },
        },
      },
    },
  });
  await grant(rig, 'support', 'payments', ['balance', 'pay', 'book', 'refund']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.upstream = serving();
  rig.reached.length = 0;
});

const LONG_S = '\u017f';
const KELVIN = '\u212a';

describe('a name that another parser folds into one that is read here is refused, and reaches no server:', () => {
  test.each<[string, string]>([
    ['the tool’s', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"balance","Name":"admin"}}'],
    ['the tool’s, before it', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"NAME":"admin","name":"balance"}}'],
    ['the tool’s alone', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Name":"admin"}}'],
    ['the tool’s, spelt with an escape', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"balance","\\u004eame":"admin"}}'],
    ['the method’s', '{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"tools/call","params":{"name":"admin"}}'],
    ['the method’s alone', '{"jsonrpc":"2.0","id":1,"METHOD":"tools/call","params":{"name":"admin"}}'],
    ['the id’s', '{"jsonrpc":"2.0","method":"tools/call","ID":1,"params":{"name":"balance"}}'],
    ['the params’', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"balance"},"Params":{"name":"admin"}}'],
    [
      `the params’ with U+017F`,
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"balance"},"param${LONG_S}":{"name":"admin"}}`,
    ],
    [`the arguments’ with U+017F`, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"balance","argument${LONG_S}":{}}}`],
    [`a task’s with U+212A`, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"balance","tas${KELVIN}":{}}}`],
    ['the _meta’s', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"balance","_META":{}}}'],
    ['the version’s', '{"jsonrpc":"2.0","id":1,"method":"ping","JSONRPC":"2.0"}'],
    [
      'the key’s',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"balance","_meta":{"CDK-mcp-fleet/idempotencykey":"k"}}}',
    ],
    [
      'the key’s with U+212A',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"balance","_meta":{"cdk-mcp-fleet/idempotency${KELVIN}ey":"k"}}}`,
    ],
    ['two of nobody’s, in _meta', '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"x/y":1,"X/y":2}}}'],
    ['two of nobody’s, in params', '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"zeta":1,"Zeta":2}}'],
    ['a URI’s', '{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a:b","URI":"c:d"}}'],
    ['a name that nobody knows, in the envelope', '{"jsonrpc":"2.0","id":1,"method":"ping","session":"x"}'],
  ])('%s', async (_, body) => {
    const { status, error } = await rig.ask('support', 'payments', body);
    expect([status, error.data.outcome]).toEqual([400, 'not_executed']);
    expect(reachedServer(rig)).toEqual([]);
  });

  test('in the modern era', async () => {
    const params = { name: 'balance', Name: 'admin', _meta: MODERN_META };
    const { status } = await rig.ask(
      'support',
      'payments',
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params },
      modernHeaders('tools/call', 'balance'),
    );
    expect(status).toBe(400);
    expect(reachedServer(rig)).toEqual([]);
  });
});

describe('of the arguments, what policy or ledger reads is unambiguous:', () => {
  test.each<[string, string, object]>([
    ['the key and its like', 'pay', { ref: 'k-1', Ref: 'k-2' }],
    ['only the like of the key', 'pay', { REF: 'k-2' }],
    ['a key with U+212A', 'book', { bookingKey: 'k-1', [`booking${KELVIN}ey`]: 'k-2' }],
    ['what the read of its outcome goes by, and its like', 'refund', { invoice: 'i-1', Invoice: 'i-2' }],
    ['only the like of it', 'refund', { INVOICE: 'i-2' }],
  ])('%s', async (_, tool, args) => {
    const { status, error } = await rig.ask('support', 'payments', call(tool, args));
    expect([status, error.code]).toEqual([400, -32602]);
    expect(reachedServer(rig)).toEqual([]);
  });

  test('all else is the tool’s, in whatever case', async () => {
    const args = { currency: 'EUR', Currency: 'CHF', Refs: 1, nested: { ref: 1, Ref: 2 } };
    const { result } = await rig.ask('support', 'payments', call('pay', args));
    expect(result.content).toEqual([{ type: 'text', text: 'done' }]);
    expect(JSON.parse(rig.reached[0]?.body ?? '').params.arguments).toEqual(args);
  });
});
