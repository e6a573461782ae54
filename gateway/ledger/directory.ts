import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type ServiceInputTypes,
  type ServiceOutputTypes,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { FleetError } from '../../core/errors';

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
  /** Generation that the agent was last told of; absent before the first restoration. */
  readonly told?: number;
  /** Session id that the instance gave. */
  readonly upstream: string;
  /** Stickiness cookie of that instance. */
  readonly cookie?: string;
  /** Last `logging/setLevel` of the agent. */
  readonly logLevel?: string;
  /** URIs of resources that the agent subscribed to. */
  readonly subscriptions?: Set<string>;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  readonly closedAt?: number;
  /** Seconds since the epoch: the table's TTL. */
  readonly expiresAt: number;
}

/** The instance to which an agent's or task's sessionless requests go; in the same table, under a key of its own. */
export interface BondRow {
  /** `bond#{server}#{agentId}`, and `#{task}` where the server wants one instance per task. */
  readonly session: string;
  readonly cookie: string;
  readonly instance: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** The call that a task belongs to; in the same table, under a key of its own. */
export interface TaskRow {
  /** `task#{server}#{agentId}#{taskId}`. */
  readonly session: string;
  /** Key and fence of the call's row. */
  readonly pk: string;
  readonly fence: string;
  /** Seconds since the epoch. */
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
    await this.send(command);
  }

  /** @throws FleetError LEDGER_UNAVAILABLE */
  async read(session: string): Promise<DirectoryRow | undefined> {
    const { Item } = await this.send(new GetItemCommand({ TableName: this.table, Key: marshall({ session }), ConsistentRead: true }));
    return Item === undefined ? undefined : (unmarshall(Item) as DirectoryRow);
  }

  /** Where the sessionless requests of an agent or task go. @throws FleetError LEDGER_UNAVAILABLE */
  async readBond(session: string, now: number): Promise<BondRow | undefined> {
    const row = (await this.read(session)) as unknown as BondRow | undefined;
    return row === undefined || row.expiresAt * 1000 <= now ? undefined : row;
  }

  /** Binds an agent or task to an instance, unless another replica was first. @throws FleetError LEDGER_UNAVAILABLE */
  async bind(row: BondRow, now: number): Promise<boolean> {
    return this.putIf(
      row,
      'attribute_not_exists(#session) OR expiresAt <= :now',
      { '#session': 'session' },
      { ':now': Math.floor(now / 1000) },
    );
  }

  /** Follows a bond whose instance is gone to another one, unless another replica did so first. */
  async rebind(row: BondRow, from: string): Promise<boolean> {
    return this.putIf(row, 'instance = :from', undefined, { ':from': from });
  }

  /** Notes the call of a task. A server that gives one id twice has the later call answered for. @throws FleetError LEDGER_UNAVAILABLE */
  async noteTask(row: TaskRow): Promise<void> {
    await this.send(new PutItemCommand({ TableName: this.table, Item: marshall(row) }));
  }

  /** @throws FleetError LEDGER_UNAVAILABLE */
  async readTask(session: string): Promise<TaskRow | undefined> {
    return (await this.read(session)) as unknown as TaskRow | undefined;
  }

  /**
   * Ends a session: from here on nothing opens it again.
   * @returns the session as it was then, and where; undefined when there is none that is open
   * @throws FleetError LEDGER_UNAVAILABLE
   */
  async close(session: string, now: number): Promise<DirectoryRow | undefined> {
    const open = 'attribute_exists(#session) AND attribute_not_exists(closedAt)';
    return this.updateIf(session, 'SET closedAt = :now', open, { '#session': 'session' }, { ':now': now });
  }

  /** Notes that the agent has been told of a restoration. */
  async tell(session: string, generation: number): Promise<void> {
    await this.update(session, 'SET told = :generation', { ':generation': generation });
  }

  /** Notes what a restoration has to say again. */
  async setLogLevel(session: string, level: string): Promise<void> {
    await this.update(session, 'SET logLevel = :level', { ':level': level });
  }

  async subscribe(session: string, uri: string): Promise<void> {
    await this.update(session, 'ADD subscriptions :uri', { ':uri': new Set([uri]) });
  }

  async unsubscribe(session: string, uri: string): Promise<void> {
    await this.update(session, 'DELETE subscriptions :uri', { ':uri': new Set([uri]) });
  }

  /** Points a session to its next generation. False when another replica was first, or the session was closed. */
  async move(session: string, to: Pick<DirectoryRow, 'upstream' | 'cookie' | 'instance' | 'generation'>): Promise<boolean> {
    const moved = await this.updateIf(
      session,
      'SET upstream = :upstream, cookie = :cookie, instance = :instance, generation = :next',
      'generation = :previous AND attribute_not_exists(closedAt)',
      undefined,
      {
        ':upstream': to.upstream,
        ':cookie': to.cookie ?? null,
        ':instance': to.instance ?? null,
        ':next': to.generation,
        ':previous': to.generation - 1,
      },
    );
    return moved !== undefined;
  }

  /** @returns the row that was written; undefined when the condition did not hold */
  private async updateIf(
    session: string,
    expression: string,
    condition: string,
    names: Record<string, string> | undefined,
    values: Record<string, unknown>,
  ): Promise<DirectoryRow | undefined> {
    const written = await unlessRefused(
      this.dynamodb.send(
        new UpdateItemCommand({
          TableName: this.table,
          Key: marshall({ session }),
          UpdateExpression: expression,
          ConditionExpression: condition,
          ...(names !== undefined && { ExpressionAttributeNames: names }),
          ExpressionAttributeValues: marshall(values),
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return written && (unmarshall(written.Attributes ?? {}) as DirectoryRow);
  }

  private async putIf(
    row: BondRow,
    condition: string,
    names: Record<string, string> | undefined,
    values: Record<string, unknown>,
  ): Promise<boolean> {
    const written = await unlessRefused(
      this.dynamodb.send(
        new PutItemCommand({
          TableName: this.table,
          Item: marshall(row),
          ConditionExpression: condition,
          ...(names !== undefined && { ExpressionAttributeNames: names }),
          ExpressionAttributeValues: marshall(values),
        }),
      ),
    );
    return written !== undefined;
  }

  private async update(session: string, expression: string, values: Record<string, unknown>): Promise<void> {
    await this.send(
      new UpdateItemCommand({
        TableName: this.table,
        Key: marshall({ session }),
        UpdateExpression: expression,
        ConditionExpression: 'attribute_exists(#session)',
        ExpressionAttributeNames: { '#session': 'session' },
        ExpressionAttributeValues: marshall(values),
      }),
    );
  }

  private async send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: Parameters<typeof this.dynamodb.send<Input, Output>>[0],
  ): Promise<Output> {
    return this.dynamodb.send(command).catch((error: Error) => {
      throw unavailable(error);
    });
  }
}

/** What a conditional write returns; undefined when its condition did not hold. @throws FleetError LEDGER_UNAVAILABLE */
async function unlessRefused<Output>(write: Promise<Output>): Promise<Output | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw unavailable(error as Error);
  }
}

function unavailable(error: Error): FleetError {
  return new FleetError('LEDGER_UNAVAILABLE', { reason: `the session directory refused (${error.name})` });
}
