import { expect, test } from '@jest/globals';
import { insertOf } from '../../../ledger/table/rows';
import { LedgerWrites } from './ledger-write';

const put = (state: string, args = '{"reference":"v1-7"}') => ({
  target: 'DynamoDB_20120810.PutItem',
  path: '/',
  body: JSON.stringify({
    Item: { pk: { S: 'bank#a#k:1' }, arguments: { S: args }, owner: { S: 'g1' }, state: { S: state }, fence: { S: 'f1' } },
  }),
});
const update = (next: string, pk = 'bank#a#k:1') => ({
  target: 'DynamoDB_20120810.UpdateItem',
  path: '/',
  body: JSON.stringify({ Key: { pk: { S: pk } }, ExpressionAttributeValues: { ':next': { S: next }, ':fence': { S: 'f1' } } }),
});

test('knows the writes of a call by the row of its claim', () => {
  const writes = new LedgerWrites();
  const call = { reference: 'v1-7', owner: 'g1', fence: 'f1' };
  expect(writes.read(update('sent'))).toEqual([]);
  expect(writes.read(put('claimed'))).toEqual([{ kinds: ['claim'], ...call }]);
  expect(writes.read(put('sent'))).toEqual([{ kinds: ['claim', 'sent'], ...call }]);
  expect(writes.read(update('sent'))).toEqual([{ kinds: ['sent'], ...call }]);
  expect(writes.read(update('confirmed'))).toEqual([{ kinds: ['settlement'], ...call }]);
  expect(writes.read(update('failed'))).toEqual([{ kinds: ['settlement'], ...call }]);
  expect(writes.owners.get('v1-7')).toBe('g1');
});

test('knows the claims in a batch, those of calls without a key', () => {
  const writes = new LedgerWrites();
  const insert = (pk: string, args: string) =>
    insertOf({ pk: { S: pk }, arguments: { S: args }, owner: { S: 'g1' }, state: { S: 'sent' }, fence: { S: pk } }, 'ledger');
  const Statements = [
    insert('bank#a#c:1', '{"reference":"v1-8"}'),
    insert('bank#a#c:2', '{}'),
    insert('bank#a#c:3', '{"reference":"v1-9"}'),
  ];
  const batch = { target: 'DynamoDB_20120810.BatchExecuteStatement', path: '/', body: JSON.stringify({ Statements }) };
  expect(writes.read(batch)).toEqual([
    { kinds: ['claim', 'sent'], reference: 'v1-8', owner: 'g1', fence: 'bank#a#c:1' },
    { kinds: ['claim', 'sent'], reference: 'v1-9', owner: 'g1', fence: 'bank#a#c:3' },
  ]);
  expect(writes.read(update('confirmed', 'bank#a#c:3'))).toEqual([{ kinds: ['settlement'], reference: 'v1-9', owner: 'g1', fence: 'f1' }]);
});

test('passes over every other request', () => {
  const writes = new LedgerWrites();
  writes.read(put('claimed'));
  const others = [
    put('not_executed'),
    put('claimed', '{}'),
    update('not_executed'),
    update('sent', 'bank#a#k:2'),
    { target: 'DynamoDB_20120810.GetItem', path: '/', body: '{}' },
    { target: '', path: '/2015-03-31/functions/f/invocations', body: '{}' },
  ];
  expect(others.map((request) => writes.read(request))).toEqual(others.map(() => []));
});
