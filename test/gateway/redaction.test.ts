import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { LedgerRow } from '../../ledger/row';
import { answer, grant, type Rig, startRig } from './rig';

let rig: Rig;
/** Arguments that the server got. */
let got: unknown[];

beforeAll(async () => {
  const redact = ['/card/number'];
  const tools = {
    pay: { effect: 'state_changing', key: 'fenced', honoursKey: true, redact },
    look: { effect: 'read_only', key: 'fenced', redact },
  } as const;
  rig = await startRig({ payments: { tools, recovery: { attempts: 1, seconds: 1 } } });
  await grant(rig, 'treasury', 'payments', ['*']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  got = [];
  rig.upstream = (_, response, body) => {
    got.push(JSON.parse(body).params.arguments);
    answer(response, { jsonrpc: '2.0', result: { content: [] } });
  };
});

const call = (name: string, number: string, key?: string) => {
  const _meta = key === undefined ? {} : { _meta: { 'cdk-mcp-fleet/idempotencyKey': key } };
  const params = { name, arguments: { card: { number, name: 'ada' } }, ..._meta };
  return rig.ask('treasury', 'payments', { jsonrpc: '2.0', id: 1, method: 'tools/call', params });
};
const keptOf = ({ arguments: text }: LedgerRow) => (JSON.parse(text) as { card: { number: string; name: string } }).card;

test('what is redacted stands in no row, and equal values are seen to be equal', async () => {
  await call('pay', '4111-1111', 'one');
  await call('look', '4111-1111');
  await call('pay', '4222-2222');
  expect(got).toContainEqual({ card: { number: '4111-1111', name: 'ada' } });
  const rows = await rig.rows();
  expect(JSON.stringify(rows)).not.toMatch(/4111-1111|4222-2222/);
  const numbers = rows.map((row) => keptOf(row).number);
  expect(numbers.filter((number) => /^redacted:[\w-]{43}$/.test(number))).toHaveLength(3);
  expect(new Set(numbers).size).toBe(2);
  expect(rows[0]).toMatchObject({ redacted: ['/card/number'] });
});

test('a key is compared by the true arguments', async () => {
  await call('pay', '4111-1111', 'two');
  expect((await call('pay', '4111-1111', 'two')).result._meta['cdk-mcp-fleet/call']).toMatchObject({ replayed: true });
  expect((await call('pay', '4222-2222', 'two')).error).toMatchObject({ code: 422 });
});

test('a call that was redacted is not sent again from its row, although its server would know its key', async () => {
  rig.upstream = (incoming, _, body) => {
    got.push(JSON.parse(body).params.arguments);
    incoming.socket.destroy();
  };
  expect((await call('pay', '4111-1111', 'three')).error).toMatchObject({ code: 504 });
  expect((await call('pay', '4111-1111', 'three')).error).toMatchObject({ code: 504 });
  expect(got).toEqual([{ card: { number: '4111-1111', name: 'ada' } }]);
});
