import { createHash } from 'node:crypto';
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { FleetError } from '../../core/errors';
import type { LedgerRow } from '../../ledger/row';

/** For how long a call that names no task is behind a fence, in milliseconds: what comes later is a new intent. */
export const FENCE_WINDOW_MS = 10 * 60_000;
/** The same for a call that names its task; a task outlives a window, and few outlive a day. */
export const TASK_FENCE_MS = 24 * 60 * 60_000;

/** One call behind a fence: it has not reached its caller. */
export interface Entry {
  /** Key of its ledger row. */
  readonly call: string;
  /** Gateway replica that has its caller. */
  readonly owner: string;
  /** Its caller has left, or was told that the outcome is unknown: the next identical call is taken for its retry. */
  readonly unresolved: boolean;
}

/** Identical calls without a key. One item in the directory's table, with two string sets. */
export interface Fence {
  readonly entries: readonly Entry[];
}

/** Fences of calls without a key, and the beats by which their gateways show that they live. Single-item writes, as in the ledger. */
export class Fences {
  constructor(
    private readonly dynamodb: DynamoDBClient,
    private readonly table: string,
  ) {}

  /** Adds a call that is claimed and not yet sent, and tells of the others. @throws FleetError LEDGER_UNAVAILABLE */
  async raise(row: LedgerRow, now: number): Promise<Fence> {
    const lifetime = row.task === undefined ? FENCE_WINDOW_MS : TASK_FENCE_MS;
    return this.update(fenceKey(row), 'ADD calls :call SET expiresAt = :end', {
      ':call': new Set([nameOf(row)]),
      ':end': Math.ceil((now + lifetime) / 1000),
    });
  }

  /** A call has reached its caller, or will have no result. @param row any call behind the same fence */
  async lower(row: LedgerRow, { call, owner }: Pick<Entry, 'call' | 'owner'> = { call: row.pk, owner: row.owner }): Promise<void> {
    await this.update(fenceKey(row), 'DELETE calls :call, unresolved :call', { ':call': new Set([`${owner}|${call}`]) });
  }

  /** Its caller has left before the result, or was told that the outcome is unknown. */
  async leaveUnresolved(row: LedgerRow): Promise<void> {
    await this.update(fenceKey(row), 'ADD calls :call, unresolved :call', { ':call': new Set([nameOf(row)]) });
  }

  async read(row: LedgerRow): Promise<Fence> {
    return fenceOf(await this.get(fenceKey(row)));
  }

  /** Counts one beat of a gateway replica. */
  async beat(replica: string, now: number): Promise<void> {
    await this.update(beatKey(replica), 'ADD beats :one SET expiresAt = :end', { ':one': 1, ':end': Math.ceil(now / 1000) + 3_600 });
  }

  /** Beats of a replica so far. Counted, not dated: no two clocks are compared. */
  async beatsOf(replica: string): Promise<number> {
    const item = await this.get(beatKey(replica));
    return item?.beats?.N === undefined ? 0 : Number(item.beats.N);
  }

  private async update(session: string, expression: string, values: Record<string, unknown>): Promise<Fence> {
    const command: UpdateItemCommandInput = {
      TableName: this.table,
      Key: marshall({ session }),
      UpdateExpression: expression,
      ExpressionAttributeValues: marshall(values),
      ReturnValues: 'ALL_NEW',
    };
    try {
      const { Attributes } = await this.dynamodb.send(new UpdateItemCommand(command));
      return fenceOf(Attributes);
    } catch (error) {
      throw unavailable(error as Error);
    }
  }

  private async get(session: string): Promise<Record<string, AttributeValue> | undefined> {
    try {
      const { Item } = await this.dynamodb.send(
        new GetItemCommand({ TableName: this.table, Key: marshall({ session }), ConsistentRead: true }),
      );
      return Item;
    } catch (error) {
      throw unavailable(error as Error);
    }
  }
}

/** Where the agent names no task the fence spans the agent. */
function fenceKey({ server, agent, task, argumentsDigest }: LedgerRow): string {
  const digest = createHash('sha256')
    .update(`${task ?? ''}\0${argumentsDigest}`)
    .digest('base64url');
  return `fence#${server}#${agent}#${digest}`;
}

function beatKey(replica: string): string {
  return `replica#${replica}`;
}

/** A call's name in the sets; a replica's name holds no `|`. */
function nameOf({ owner, pk }: LedgerRow): string {
  return `${owner}|${pk}`;
}

function fenceOf(item: Record<string, AttributeValue> | undefined): Fence {
  const { calls = new Set<string>(), unresolved = new Set<string>() } = (item === undefined ? {} : unmarshall(item)) as FenceItem;
  const entries = [...calls].map((name) => {
    const bar = name.indexOf('|');
    return { owner: name.slice(0, bar), call: name.slice(bar + 1), unresolved: unresolved.has(name) };
  });
  return { entries };
}

interface FenceItem {
  readonly calls?: ReadonlySet<string>;
  readonly unresolved?: ReadonlySet<string>;
}

function unavailable(error: Error): FleetError {
  return new FleetError('LEDGER_UNAVAILABLE', { reason: `the fence cannot be written (${error.name})` });
}
