import { createHash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { FleetError } from '../../core/errors';
import type { LedgerRow } from '../../ledger/row';
import type { Item } from '../../ledger/table/rows';
import type { TableClient } from '../../ledger/table/table-client';

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

/** What calls behind one fence have in common. */
export type Fenced = Pick<LedgerRow, 'server' | 'agent' | 'task' | 'argumentsDigest'>;

/** Identical calls without a key. One item in the directory's table, with two string sets. */
export interface Fence {
  readonly entries: readonly Entry[];
}

/** Fences of calls without a key, and the beats by which their gateways show that they live. Single-item writes, as in the ledger. */
export class Fences {
  constructor(
    private readonly client: TableClient,
    private readonly table: string,
  ) {}

  /** Adds a call of which nothing is sent yet, and tells of the others. @throws FleetError LEDGER_UNAVAILABLE */
  async raise(row: LedgerRow, now: number): Promise<Fence> {
    const lifetime = row.task === undefined ? FENCE_WINDOW_MS : TASK_FENCE_MS;
    return this.update(fenceKey(row), 'ADD calls :call SET expiresAt = :end', {
      ':call': { SS: [nameOf(row)] },
      ':end': { N: String(Math.ceil((now + lifetime) / 1000)) },
    });
  }

  /** A call has reached its caller, or will have no result. @param row any call behind the same fence */
  async lower(row: LedgerRow, { call, owner }: Pick<Entry, 'call' | 'owner'> = { call: row.pk, owner: row.owner }): Promise<void> {
    await this.update(fenceKey(row), 'DELETE calls :call, unresolved :call', { ':call': { SS: [`${owner}|${call}`] } });
  }

  /** Its caller has left before the result, or was told that the outcome is unknown. */
  async leaveUnresolved(row: LedgerRow): Promise<void> {
    await this.update(fenceKey(row), 'ADD calls :call, unresolved :call', { ':call': { SS: [nameOf(row)] } });
  }

  async read(row: Fenced): Promise<Fence> {
    return fenceOf(await this.get(fenceKey(row)));
  }

  /** Counts one beat of a gateway replica. */
  async beat(replica: string, now: number): Promise<void> {
    const end = String(Math.ceil(now / 1000) + 3_600);
    await this.update(beatKey(replica), 'ADD beats :one SET expiresAt = :end', { ':one': { N: '1' }, ':end': { N: end } });
  }

  /** Beats of a replica so far. Counted, not dated: no two clocks are compared. */
  async beatsOf(replica: string): Promise<number> {
    const item = await this.get(beatKey(replica));
    return item?.beats?.N === undefined ? 0 : Number(item.beats.N);
  }

  private async update(session: string, UpdateExpression: string, values: Record<string, AttributeValue>): Promise<Fence> {
    const { Attributes } = await this.client
      .updateItem({
        TableName: this.table,
        Key: { session: { S: session } },
        UpdateExpression,
        ExpressionAttributeValues: values,
        ReturnValues: 'ALL_NEW',
      })
      .catch(refuse);
    return fenceOf(Attributes);
  }

  private async get(session: string): Promise<Item | undefined> {
    const { Item } = await this.client
      .getItem({ TableName: this.table, Key: { session: { S: session } }, ConsistentRead: true })
      .catch(refuse);
    return Item;
  }
}

/** Where the agent names no task the fence spans the agent. */
function fenceKey({ server, agent, task, argumentsDigest }: Fenced): string {
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

function fenceOf({ calls, unresolved }: Item = {}): Fence {
  const entries = (calls?.SS ?? []).map((name) => {
    const bar = name.indexOf('|');
    return { owner: name.slice(0, bar), call: name.slice(bar + 1), unresolved: unresolved?.SS?.includes(name) === true };
  });
  return { entries };
}

/** @throws FleetError LEDGER_UNAVAILABLE */
function refuse(error: unknown): never {
  throw new FleetError('LEDGER_UNAVAILABLE', { reason: `the fence cannot be written (${(error as Error).name})` });
}
