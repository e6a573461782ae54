import { expect, test } from '@jest/globals';
import { FleetProcesses } from '../../suites/fleet-processes';
import type { FaultName } from '../faults';
import { Blows } from './blows';
import { LedgerStriker } from './ledger-striker';
import { Processes } from './processes';

const claim = (fence: string, state = 'claimed') => ({
  target: 'DynamoDB_20120810.PutItem',
  path: '/',
  body: JSON.stringify({
    Item: { pk: { S: 'k' }, arguments: { S: '{"reference":"v1-1"}' }, owner: { S: 'g' }, state: { S: state }, fence: { S: fence } },
  }),
});
const update = (next: string, fence: string) => ({
  target: 'DynamoDB_20120810.UpdateItem',
  path: '/',
  body: JSON.stringify({ Key: { pk: { S: 'k' } }, ExpressionAttributeValues: { ':next': { S: next }, ':fence': { S: fence } } }),
});

function striker(name: FaultName): { ledger: LedgerStriker; blows: Blows } {
  const blows = new Blows(1, () => name);
  return { ledger: new LedgerStriker(blows, new Processes(new FleetProcesses())), blows };
}

test('one write is refused, and its repetition passes', () => {
  const { ledger, blows } = striker('claim refused');
  expect(ledger.treat(claim('f1'))).toMatchObject({ done: false });
  expect(ledger.treat(claim('f1'))).toMatchObject({ done: true, replied: true });
  expect(blows.tally.all()['claim refused'].struck).toBe(1);
});

test('a settlement is refused as often as it comes, until the end', () => {
  const { ledger, blows } = striker('cut between result and ledger write');
  expect(ledger.treat(claim('f1')).done).toBe(true);
  expect(ledger.treat(update('sent', 'f1')).done).toBe(true);
  expect([1, 2, 3].map(() => ledger.treat(update('confirmed', 'f1')).done)).toEqual([false, false, false]);
  blows.isOver = true;
  expect(ledger.treat(update('confirmed', 'f1')).done).toBe(true);
});

test('a claim that is made anew is sent', () => {
  const { ledger } = striker('sent refused');
  ledger.treat(claim('f1'));
  expect(ledger.treat(update('sent', 'f1')).done).toBe(false);
  ledger.treat(claim('f2'));
  expect(ledger.treat(update('sent', 'f2')).done).toBe(true);
});

test('a claim that says at once that it is sent is struck as either', () => {
  for (const name of ['sent refused', 'claim refused'] as const) {
    const { ledger, blows } = striker(name);
    expect(ledger.treat(claim('f1', 'sent')).done).toBe(false);
    expect(blows.tally.all()[name].struck).toBe(1);
  }
});

test('a reply is lost after the write is done', () => {
  const { ledger } = striker('reply of sent lost');
  ledger.treat(claim('f1'));
  expect(ledger.treat(update('sent', 'f1'))).toMatchObject({ done: true, replied: false });
});
