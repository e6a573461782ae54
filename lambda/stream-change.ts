import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import { type Change, type ChangeKind, imageHash } from '../ledger/archive/record';
import { problemOfChange } from '../ledger/archive/transition';
import { rowOf } from '../ledger/item';
import type { LedgerRow } from '../ledger/row';

/** Who removes what has expired (DynamoDB Developer Guide, "DynamoDB Streams and Time to Live"). */
const EXPIRY = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };

/** What a record of the ledger's stream says, judged by the ledger's protocol. @throws TypeError for what is no record of a table */
export function changeOf({ eventID, eventName, dynamodb, userIdentity }: DynamoDBRecord): Change {
  const { Keys, NewImage, OldImage, SequenceNumber, ApproximateCreationDateTime } = dynamodb ?? {};
  const pk = Keys?.pk?.S;
  if (eventID === undefined || pk === undefined || SequenceNumber === undefined || ApproximateCreationDateTime === undefined)
    throw new TypeError(`The record ${eventID} is none of the ledger's stream: it has no key, number or time`);
  const at = Math.round(ApproximateCreationDateTime * 1000);
  const row = imageOf(NewImage);
  const before = imageOf(OldImage);
  const identity = userIdentity as { readonly type?: string; readonly principalId?: string } | undefined;
  const expired = eventName === 'REMOVE' && identity?.type === EXPIRY.type && identity.principalId === EXPIRY.principalId;
  const outside = expired ? undefined : problemOfChange(before, row, at);
  return {
    event: eventName as ChangeKind,
    eventId: eventID,
    shardSequence: SequenceNumber,
    at,
    pk,
    ...(row !== undefined && { row }),
    ...(before !== undefined && { before: imageHash(before) }),
    ...(expired && { expired }),
    ...(outside !== undefined && { outside }),
  };
}

function imageOf(image: Readonly<Record<string, AttributeValue>> | undefined): LedgerRow | undefined {
  return image === undefined ? undefined : rowOf(image as Parameters<typeof rowOf>[0]);
}
