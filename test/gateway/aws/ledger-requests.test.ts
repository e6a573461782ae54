import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TABLE_LIMITS } from '../../../core/aws-limits';
import { answer, grant, type Rig } from '../rig';
import { startTablesRig, type TablesRig } from './tables-rig';

let started: TablesRig;
let rig: Rig;
/** Requests to the tables, in the order in which they came. */
let requests: string[];

beforeAll(async () => {
  started = await startTablesRig({ payments: { tools: { balance: { effect: 'read_only', key: 'fenced' } } } }, TABLE_LIMITS);
  ({ rig } = started);
  await grant(rig, 'treasury', 'payments', ['*']);
  rig.upstream = (_, response, body) => {
    requests.push('the call');
    answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } });
  };
  started.tables.fate = (operation, body) => {
    requests.push(nameOf(operation, JSON.parse(body)));
    return 'pass';
  };
});
afterAll(() => started.stop());

interface TableRequest {
  readonly Key?: { readonly session?: { readonly S: string } };
  readonly Item?: { readonly state: { readonly S: string } };
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeValues?: { readonly ':next'?: { readonly S: string } };
}

function nameOf(operation: string, { Key, Item, UpdateExpression, ExpressionAttributeValues }: TableRequest): string {
  if (Item !== undefined) return `put ${Item.state.S}`;
  const session = Key?.session?.S;
  if (session !== undefined) return session.startsWith('replica#') ? 'beat' : `fence ${UpdateExpression?.split(' ')[0]}`;
  return ExpressionAttributeValues?.[':next'] === undefined ? operation : `update ${ExpressionAttributeValues[':next'].S}`;
}

/** What one call asks of the tables, until the last of it has come. */
async function requestsOf(name: string, last: string, key?: string): Promise<readonly string[]> {
  requests = [];
  const meta = key === undefined ? {} : { _meta: { 'cdk-mcp-fleet/idempotencyKey': key } };
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: { amount: 1 }, ...meta } };
  expect((await rig.ask('treasury', 'payments', call)).result).toMatchObject({ content: [] });
  while (!requests.includes(last)) await new Promise((resolve) => setTimeout(resolve, 5));
  // A beat shows that this replica lives, whatever calls it has: how many there are is a matter of time.
  return requests.filter((request) => request !== 'beat');
}

test('the first call with its key costs two writes, one of them before it is sent', async () => {
  expect(await requestsOf('transfer', 'update confirmed', 'k')).toEqual(['put sent', 'the call', 'update confirmed']);
});

test('a call that is answered by the one before it costs one try at the key, and its own row', async () => {
  await requestsOf('transfer', 'update confirmed', 'again');
  // The read is only of these tables: DynamoDB says what stands there where it refuses (`ReturnValuesOnConditionCheckFailure`).
  expect(await requestsOf('transfer', 'BatchExecuteStatement', 'again')).toEqual(['put sent', 'GetItem', 'BatchExecuteStatement']);
});

test('a call without a key costs its row and its fence, both at once, and the ends of both', async () => {
  const [first, second, ...then] = await requestsOf('transfer', 'fence DELETE');
  expect([first, second].sort()).toEqual(['BatchExecuteStatement', 'fence ADD']);
  expect(then).toEqual(['the call', 'update confirmed', 'fence DELETE']);
});

test('a read costs its row', async () => {
  expect(await requestsOf('balance', 'BatchExecuteStatement')).toEqual(['the call', 'BatchExecuteStatement']);
});
