import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import { eventually } from '../../../checks/waiting';
import { LOCAL_CREDENTIALS } from '../../../local/processes/credentials';
import { scratchFolder } from '../fixtures/assembly';
import { StackRig, table } from '../fixtures/stack-rig';

/** Writes down the keys that it is given; while `FAIL` says so it fails afterwards. */
const READER = `
const { appendFileSync } = require('node:fs');
exports.handler = async ({ Records }) => {
  const keys = Records.map(({ eventName, dynamodb }) => eventName + ' ' + dynamodb.Keys.pk.S);
  appendFileSync(process.env.SEEN, keys.join('\\n') + '\\n');
  if (process.env.FAIL === 'yes') throw new Error('it was told to fail');
};
`;

const StreamSpecification = { StreamViewType: 'NEW_AND_OLD_IMAGES' };
const kept = scratchFolder();
const seenFile = join(scratchFolder(), 'seen');

const resources = (Fail: string) => ({
  Rows: table({}, { TableName: 'rows', StreamSpecification }),
  Reader: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { ZipFile: READER },
      Runtime: 'nodejs24.x',
      Timeout: 20,
      Environment: { Variables: { SEEN: seenFile, FAIL: Fail } },
    },
  },
  Changes: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      FunctionName: { Ref: 'Reader' },
      EventSourceArn: { 'Fn::GetAtt': ['Rows', 'StreamArn'] },
      StartingPosition: 'TRIM_HORIZON',
    },
  },
});

async function put(rig: StackRig, pk: string): Promise<void> {
  const client = new DynamoDBClient({ endpoint: rig.machinery.dynamodb.url, region: 'us-east-1', credentials: LOCAL_CREDENTIALS });
  await client.send(new PutItemCommand({ TableName: 'rows', Item: { pk: { S: pk } } }));
  client.destroy();
}

function seen(): readonly string[] {
  try {
    return readFileSync(seenFile, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}

test('a stack reads the changes of its table, and the next run goes on with what this one has not taken', async () => {
  const first = await StackRig.start(kept);
  await first.deploy(resources('no'));
  await put(first, 'a');
  expect(await eventually(() => seen().includes('INSERT a') || undefined, 20_000)).toBe(true);
  await first.deploy(resources('yes'));
  await put(first, 'b');
  expect(await eventually(() => seen().includes('INSERT b') || undefined, 20_000)).toBe(true);
  await first.stop();

  const before = seen().length;
  const again = await StackRig.start(kept);
  await again.deploy(resources('no'));
  await put(again, 'c');
  expect(await eventually(() => seen().includes('INSERT c') || undefined, 20_000)).toBe(true);
  const later = seen().slice(before);
  expect(later.filter((key) => key === 'INSERT a')).toEqual([]);
  expect([...new Set(later)]).toEqual(['INSERT b', 'INSERT c']);
  await again.stop();
});
