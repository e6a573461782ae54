import { DeleteItemCommand, DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openClient } from '../../checks/agent-client';
import { tablesAt } from '../../checks/tables';
import { cli, type Fleet, startFleet } from './fleet';

/** What stands in the archive of a running fleet, and what its commands make of it. */

let fleet: Fleet;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  fleet = await startFleet('--no-checks');
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  dynamodb = new DynamoDBClient({ endpoint: fleet.account.dynamodbUrl, region: 'us-east-1', credentials });
});

afterAll(async () => {
  dynamodb?.destroy();
  await fleet?.stop();
});

interface Verdict {
  readonly records: number;
  readonly rows: number;
  readonly shredded: number;
  readonly findings: readonly { readonly fault: string; readonly what: string; readonly why: string }[];
}

const verdict = async () => {
  const { code, stdout } = await cli(['ledger', 'verify', '--json']);
  return { code, ...(JSON.parse(stdout.split('\n')[0] as string) as Verdict) };
};

it('has every call and refusal, whole and as the table has them', async () => {
  const { stdout: token } = await cli(['token', 'support', '--ttl', '5m']);
  const client = await openClient('v2-modern', `${fleet.baseUrl}/payments/mcp`, token.trim());
  for (let call = 0; call < 20; call++) await client.call('balance', { account: 'vendors' });
  // Not granted to it.
  await client.call('transfer', { from: 'operating', to: 'vendors', amount: 1, currency: 'EUR' });
  await client.close();

  const { code, records, rows, findings } = await verdict();
  expect([code, findings]).toEqual([0, []]);
  expect(rows).toBeGreaterThanOrEqual(21);
  expect(records).toBeGreaterThanOrEqual(rows);
  expect((await cli(['ledger', 'verify', '--since', '2099-01-01'])).stdout).toContain('0 rows');
  expect(await cli(['ledger', 'verify', '--since', 'monday'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"monday" is not a time'),
  });
});

it('tells of a call that the table has no more, and names what was changed past the gateway', async () => {
  const { ledger: TableName } = fleet.account.tables;
  const [gone, changed] = await tablesAt(fleet.account.dynamodbUrl, fleet.account.tables).ledger();
  if (gone === undefined || changed === undefined) throw new Error('the ledger has no two rows');
  await dynamodb.send(new DeleteItemCommand({ TableName, Key: { pk: { S: gone.pk } } }));
  const edit = { UpdateExpression: 'SET subject = :s', ExpressionAttributeValues: { ':s': { S: 'somebody' } } };
  await dynamodb.send(new UpdateItemCommand({ TableName, Key: { pk: { S: changed.pk } }, ...edit }));

  const { code, findings } = await verdict();
  expect([code, findings.map(({ fault, why }) => `${fault}: ${why}`)]).toEqual([
    3,
    ['outside: the row was deleted', 'outside: its subject was changed'],
  ]);
  expect(findings.map(({ what }) => what)).toEqual([expect.stringContaining(gone.pk), expect.stringContaining(changed.pk)]);

  const shown = await cli(['ledger', 'show', gone.callId, '--json']);
  expect(JSON.parse(shown.stdout)).toMatchObject({ calls: [{ callId: gone.callId, tool: gone.tool, state: gone.state }] });
});

it('forgets what is personal of an agent whose key is destroyed, and the chain is as whole as before', async () => {
  const before = await verdict();
  const shred = ['ledger', 'shred', '--agent', 'support', '--reason', 'request 7'];
  expect(await cli(shred)).toMatchObject({ code: 2, stderr: expect.stringContaining('say it with --yes') });
  expect((await cli(['ledger', 'query', '--archive', '--agent', 'support'])).stdout).toContain('payments.balance');
  expect(await cli([...shred, '--yes', '--json'])).toMatchObject({ code: 0, stdout: expect.stringContaining('"keysDestroyed":1') });

  const { stdout } = await cli(['ledger', 'query', '--archive', '--agent', 'support', '--json']);
  const { calls } = JSON.parse(stdout) as { calls: { subject: string; arguments: string; result?: string; tool: string }[] };
  expect(calls.length).toBeGreaterThanOrEqual(21);
  expect(new Set(calls.flatMap(({ subject, arguments: args, result }) => [subject, args, result]))).toEqual(new Set(['shredded']));
  expect(calls.map(({ tool }) => tool)).toContain('balance');

  const after = await verdict();
  expect(after.findings).toEqual(before.findings);
  expect([before.shredded, after.shredded]).toEqual([0, expect.any(Number)]);
  expect(after.shredded).toBeGreaterThanOrEqual(21);
  expect((await cli([...shred, '--yes'])).code).toBe(3);
});
