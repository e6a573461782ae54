/** A key per agent, under which the archive keeps what is personal: whose key is destroyed, of them nothing of that can be read any more. */

import { randomBytes } from 'node:crypto';
import { type DynamoDBClient, ExecuteStatementCommand, paginateQuery, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { requireKnown } from '../../core/formats';
import { attributesOf, valuesOf } from '../item';
import { insertOf } from '../table/rows';

/** Of AES-256. */
const KEY_BYTES = 32;
/** Two writers that make an agent's key at once: one does, and the other one looks again. */
const ATTEMPTS = 3;

/** One key of an agent, as it stands in the table. An agent whose key was destroyed gets another one with its next call. */
interface KeyItem {
  readonly agent: string;
  /** Its number among those of the agent, from `00001`. */
  readonly id: string;
  /** In base64; absent once it is destroyed. */
  readonly key?: string;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
  readonly shreddedAt?: number;
  readonly shreddedBy?: string;
  readonly shreddedBecause?: string;
}

/** A key under which records are sealed. */
export interface SealingKey {
  readonly id: string;
  readonly key: Buffer;
}

/** `shredded`: it was destroyed, and the table says so. `missing`: there is none of that number, and nothing says why. */
export type FoundKey = Buffer | 'shredded' | 'missing';

export interface Shredding {
  readonly by: string;
  readonly reason: string;
}

/** The table of keys. Errors are the client's. A key that is not one is an Error: nothing is sealed under it. */
export class AgentKeys {
  private readonly known = new Map<string, { readonly items: readonly KeyItem[]; readonly at: number }>();

  /**
   * @param heldMs for how long what was read is believed: so long may a key still be used that was destroyed
   * @param now milliseconds since the epoch
   */
  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
    private readonly heldMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** The key under which an agent's records are sealed now; it is made where there is none. */
  async current(agent: string): Promise<SealingKey> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const items = await this.keysOf(agent);
      const live = items.findLast(({ key }) => key !== undefined);
      if (live !== undefined) return { id: live.id, key: bytesOf(live) };
      await this.make(agent, items.length + 1);
      this.known.delete(agent);
    }
    throw new Error(`no key of the agent ${agent} could be made in the table ${this.table}`);
  }

  async find(agent: string, id: string): Promise<FoundKey> {
    const item = (await this.keysOf(agent)).find((each) => each.id === id);
    if (item === undefined) return 'missing';
    return item.key === undefined ? 'shredded' : bytesOf(item);
  }

  /** Destroys every key of an agent, for good. @returns how many; those that are destroyed already are left as they are */
  async shred(agent: string, { by, reason }: Shredding): Promise<number> {
    this.known.delete(agent);
    const live = (await this.keysOf(agent)).filter(({ key }) => key !== undefined);
    for (const { id } of live) {
      const values = { ':at': this.now(), ':by': by, ':because': reason };
      await this.client.send(
        new UpdateItemCommand({
          TableName: this.table,
          Key: attributesOf({ agent, id }),
          UpdateExpression: 'SET shreddedAt = :at, shreddedBy = :by, shreddedBecause = :because REMOVE #key',
          ConditionExpression: 'attribute_exists(#agent)',
          ExpressionAttributeNames: { '#key': 'key', '#agent': 'agent' },
          ExpressionAttributeValues: attributesOf(values),
        }),
      );
    }
    this.known.delete(agent);
    return live.length;
  }

  private async keysOf(agent: string): Promise<readonly KeyItem[]> {
    const known = this.known.get(agent);
    if (known !== undefined && this.now() - known.at < this.heldMs) return known.items;
    const at = this.now();
    const query = {
      TableName: this.table,
      ConsistentRead: true,
      KeyConditionExpression: '#agent = :agent',
      ExpressionAttributeNames: { '#agent': 'agent' },
      ExpressionAttributeValues: attributesOf({ ':agent': agent }),
    };
    const items: KeyItem[] = [];
    for await (const { Items = [] } of paginateQuery({ client: this.client }, query))
      items.push(...Items.map((item) => requireKnown('agentKey', valuesOf(item)) as unknown as KeyItem));
    this.known.set(agent, { items, at });
    return items;
  }

  /** Where none of its number stands: this statement can neither replace a key nor delete one, and its maker may do no other. */
  private async make(agent: string, number: number): Promise<void> {
    const key = randomBytes(KEY_BYTES).toString('base64');
    const item: KeyItem = { agent, id: String(number).padStart(5, '0'), key, madeAt: this.now() };
    try {
      await this.client.send(new ExecuteStatementCommand(insertOf(attributesOf(item), this.table)));
    } catch (error) {
      if ((error as Error).name !== 'DuplicateItemException') throw error;
    }
  }
}

function bytesOf({ agent, id, key = '' }: KeyItem): Buffer {
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length === KEY_BYTES) return bytes;
  throw new Error(`the key ${id} of the agent ${agent} has ${bytes.length} bytes; a key has ${KEY_BYTES}`);
}
