import { type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { FleetError } from '../core/errors';

/** One session, as it stands in the directory. */
export interface DirectoryRow {
  /** {@link sessionKey} of the sealed id; partition key. */
  readonly session: string;
  readonly agent: string;
  readonly issuer: string;
  readonly subject: string;
  readonly server: string;
  readonly task?: string;
  /** ECS task id of the instance that holds it. */
  readonly instance?: string;
  /** The agent's own initialize params, as JSON text. */
  readonly initialize: string;
  readonly revision: string;
  readonly generation: number;
  /** Session id that the instance gave. */
  readonly upstream: string;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  readonly closedAt?: number;
  /** Seconds since the epoch: the table's TTL. */
  readonly expiresAt: number;
}

/** The session directory, written when a session opens and closes; the path of a call does not read it. */
export class Directory {
  constructor(
    private readonly dynamodb: DynamoDBClient,
    private readonly table: string,
  ) {}

  /** @throws FleetError LEDGER_UNAVAILABLE: a session that is not listed could not be revoked */
  async open(row: DirectoryRow): Promise<void> {
    const command = new PutItemCommand({
      TableName: this.table,
      Item: marshall(row, { removeUndefinedValues: true }),
      ConditionExpression: 'attribute_not_exists(#session)',
      ExpressionAttributeNames: { '#session': 'session' },
    });
    await this.dynamodb.send(command).catch((error: Error) => {
      throw new FleetError('LEDGER_UNAVAILABLE', { reason: `the session directory refused (${error.name})` });
    });
  }

  /** Notes that a session has ended. */
  async close(session: string, now: number): Promise<void> {
    await this.dynamodb.send(
      new UpdateItemCommand({
        TableName: this.table,
        Key: marshall({ session }),
        UpdateExpression: 'SET closedAt = :now',
        ConditionExpression: 'attribute_exists(#session)',
        ExpressionAttributeNames: { '#session': 'session' },
        ExpressionAttributeValues: marshall({ ':now': now }),
      }),
    );
  }
}
