import type { AttributeValue, UpdateItemInput } from '@aws-sdk/client-dynamodb';
import type { Defined } from '../../core/definition-pins';
import { FleetError } from '../../core/errors';
import { requireKnown } from '../../core/formats';
import { REVOCATIONS_KEY, type Revocation } from '../../core/revocation';
import { attributesOf, valuesOf } from '../../ledger/item';
import type { TableClient } from '../../ledger/table/table-client';

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
  /** It was one too many, and closed before its agent heard of it. */
  readonly refused?: true;
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

/** What a server says of a tool, a prompt, a resource or itself and nobody has approved; in the same table, under a key of its own, for who reviews it. */
export interface DefinitionRow {
  /** `definition#{server}#{digest}`. */
  readonly session: string;
  readonly defined: Defined;
  readonly name: string;
  /** JSON text. */
  readonly definition: string;
  /** Milliseconds since the epoch. */
  readonly seenAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** The open sessions of one task or agent; in the same table, under a key of its own. */
export interface GroupRow {
  /** `open#{agentId}`, and `#{task}` for one of its tasks. */
  readonly session: string;
  /** Keys of their rows. */
  readonly members?: Set<string>;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** The session directory, written when a session opens and closes; the path of a call does not read it. */
export class Directory {
  constructor(
    private readonly client: TableClient,
    private readonly table: string,
  ) {}

  /** @throws FleetError LEDGER_UNAVAILABLE: a session that is not listed could not be revoked */
  async open(row: DirectoryRow): Promise<void> {
    await this.client
      .putItem({
        TableName: this.table,
        Item: attributesOf(row),
        ConditionExpression: 'attribute_not_exists(#session)',
        ExpressionAttributeNames: { '#session': 'session' },
      })
      .catch(refuse);
  }

  /** @throws FleetError LEDGER_UNAVAILABLE */
  async read(session: string): Promise<DirectoryRow | undefined> {
    const { Item } = await this.client
      .getItem({ TableName: this.table, Key: { session: { S: session } }, ConsistentRead: true })
      .catch(refuse);
    return Item === undefined ? undefined : rowOf(Item);
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

  /**
   * Counts a session in, by one atomic update, unless there are as many as may be.
   * @returns all that are counted then; undefined when there is no room
   * @throws FleetError LEDGER_UNAVAILABLE
   */
  async join({ session, expiresAt }: GroupRow, member: string, limit: number): Promise<ReadonlySet<string> | undefined> {
    const joined = await this.updateIf(
      session,
      'ADD members :member SET expiresAt = :expiresAt',
      'attribute_not_exists(members) OR size(members) < :limit',
      undefined,
      { ':member': new Set([member]), ':expiresAt': expiresAt, ':limit': limit },
    );
    return (joined as unknown as GroupRow | undefined)?.members;
  }

  /**
   * Counts one more, by one atomic update, unless there are as many as may be; one that was not answered may have been counted.
   * @param expiresAt seconds since the epoch
   * @throws FleetError LEDGER_UNAVAILABLE
   */
  async count(key: string, limit: number, expiresAt: number): Promise<boolean> {
    const counted = await this.updateIf(
      key,
      'ADD calls :one SET expiresAt = :expiresAt',
      'attribute_not_exists(calls) OR calls < :limit',
      undefined,
      { ':one': 1, ':expiresAt': expiresAt, ':limit': limit },
    );
    return counted !== undefined;
  }

  /** Counts sessions out. @throws FleetError LEDGER_UNAVAILABLE */
  async leave(session: string, members: readonly string[]): Promise<void> {
    await this.update(session, 'DELETE members :members', { ':members': new Set(members) });
  }

  /** @throws FleetError LEDGER_UNAVAILABLE */
  async readGroup(session: string): Promise<GroupRow | undefined> {
    return (await this.read(session)) as unknown as GroupRow | undefined;
  }

  /** What operators have changed of late. @throws FleetError LEDGER_UNAVAILABLE */
  async readRevocations(): Promise<readonly Revocation[]> {
    const row = (await this.read(REVOCATIONS_KEY)) as { readonly news?: Set<string> } | undefined;
    return [...(row?.news ?? [])].map((text) => JSON.parse(text) as Revocation);
  }

  /** Notes the call of a task. A server that gives one id twice has the later call answered for. @throws FleetError LEDGER_UNAVAILABLE */
  async noteTask(row: TaskRow): Promise<void> {
    await this.client.putItem({ TableName: this.table, Item: attributesOf(row) }).catch(refuse);
  }

  /** @throws FleetError LEDGER_UNAVAILABLE */
  async noteDefinition(row: DefinitionRow): Promise<void> {
    await this.client.putItem({ TableName: this.table, Item: attributesOf(row) }).catch(refuse);
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

  /** Ends a session that was one too many, before its agent has heard of it. @throws FleetError LEDGER_UNAVAILABLE */
  async refuse(session: string, now: number): Promise<void> {
    await this.update(session, 'SET closedAt = :now, refused = :refused', { ':now': now, ':refused': true });
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
    const input = this.updating(session, expression, condition, names, values);
    const written = await unlessRefused(this.client.updateItem({ ...input, ReturnValues: 'ALL_NEW' }));
    return written && rowOf(written.Attributes ?? {});
  }

  private async putIf(
    row: BondRow,
    condition: string,
    names: Record<string, string> | undefined,
    values: Record<string, unknown>,
  ): Promise<boolean> {
    const written = await unlessRefused(
      this.client.putItem({
        TableName: this.table,
        Item: attributesOf(row),
        ConditionExpression: condition,
        ...(names !== undefined && { ExpressionAttributeNames: names }),
        ExpressionAttributeValues: attributesOf(values),
      }),
    );
    return written !== undefined;
  }

  private async update(session: string, expression: string, values: Record<string, unknown>): Promise<void> {
    const input = this.updating(session, expression, 'attribute_exists(#session)', { '#session': 'session' }, values);
    await this.client.updateItem(input).catch(refuse);
  }

  private updating(
    session: string,
    UpdateExpression: string,
    ConditionExpression: string,
    names: Record<string, string> | undefined,
    values: Record<string, unknown>,
  ): UpdateItemInput & { Key: Record<string, AttributeValue> } {
    return {
      TableName: this.table,
      Key: { session: { S: session } },
      UpdateExpression,
      ConditionExpression,
      ...(names !== undefined && { ExpressionAttributeNames: names }),
      ExpressionAttributeValues: attributesOf(values),
    };
  }
}

/** @throws FleetError LEDGER_UNAVAILABLE for one that a later version has written in a way of its own */
function rowOf(item: Record<string, AttributeValue>): DirectoryRow {
  try {
    return requireKnown('directoryRow', valuesOf(item)) as unknown as DirectoryRow;
  } catch (error) {
    throw new FleetError('LEDGER_UNAVAILABLE', { reason: (error as Error).message });
  }
}

/** What a conditional write returns; undefined when its condition did not hold. @throws FleetError LEDGER_UNAVAILABLE */
async function unlessRefused<Output>(write: Promise<Output>): Promise<Output | undefined> {
  try {
    return await write;
  } catch (error) {
    if ((error as Error).name === 'ConditionalCheckFailedException') return undefined;
    return refuse(error);
  }
}

/** @throws FleetError LEDGER_UNAVAILABLE */
function refuse(error: unknown): never {
  throw new FleetError('LEDGER_UNAVAILABLE', { reason: `the session directory refused (${(error as Error).name})` });
}
