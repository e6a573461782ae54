import { inspect } from 'node:util';
import { requireKnown } from '../core/formats';
import { type Epoch, type Freeze, type FreezeScope, ORDERS_KEY, type Orders } from '../core/orders';
import { attributesOf, valuesOf } from './item';
import type { Item } from './table/rows';
import type { TableClient } from './table/table-client';

/** The item of an operator's orders: each is an attribute of its own, so that two operators overwrite nothing of each other's. */
export class OrdersItem {
  /** @param table name of the allowlist's table */
  constructor(
    private readonly client: Pick<TableClient, 'getItem' | 'updateItem'>,
    private readonly table: string,
  ) {}

  /** As it stands now. @throws TypeError where an order cannot be understood: none counts for less than it says */
  async read(): Promise<Orders> {
    const { Item } = await this.client.getItem({ ...this.place, ConsistentRead: true });
    return ordersOf(Item);
  }

  /** @returns all orders, with this one */
  async freeze(freeze: Freeze): Promise<Orders> {
    return this.update('SET #order = :order', nameOf(freeze), { ':order': freeze });
  }

  /** @returns the orders that still stand */
  async lift(scope: FreezeScope): Promise<Orders> {
    return this.update('REMOVE #order', nameOf(scope));
  }

  /** Of several, the last holds for all: it ends last. @returns all orders, with this one */
  async begin(epoch: Epoch): Promise<Orders> {
    return this.update('SET #order = :order', EPOCH, { ':order': epoch });
  }

  /** What was forgotten is there again. @returns the orders that still stand */
  async endEpoch(): Promise<Orders> {
    return this.update('REMOVE #order', EPOCH);
  }

  private async update(UpdateExpression: string, name: string, values?: object): Promise<Orders> {
    const { Attributes } = await this.client.updateItem({
      ...this.place,
      UpdateExpression,
      ExpressionAttributeNames: { '#order': name },
      ...(values !== undefined && { ExpressionAttributeValues: attributesOf(values) }),
      ReturnValues: 'ALL_NEW',
    });
    return ordersOf(Attributes);
  }

  private get place() {
    return { TableName: this.table, Key: attributesOf({ agent: ORDERS_KEY, entry: ORDERS_KEY }) };
  }
}

const FREEZE = 'freeze#';
const EPOCH = 'epoch';

/** `*` stands for all: no server has this name, and a tool that has it is a way to say all. */
function nameOf({ server = '*', tool = '*' }: FreezeScope): string {
  return `${FREEZE}${server}#${tool}`;
}

function ordersOf(item: Item = {}): Orders {
  const orders = requireKnown('orders', valuesOf(item));
  const freezes = Object.entries(orders).filter(([name]) => name.startsWith(FREEZE));
  return {
    freezes: freezes.map(([name, value]) => readFreeze(name, value)),
    ...(orders[EPOCH] !== undefined && { epoch: readEpoch(orders[EPOCH]) }),
  };
}

function readFreeze(name: string, value: unknown): Freeze {
  const { at, by, server, tool } = (value ?? {}) as Partial<Freeze>;
  const isRead = typeof at === 'number' && typeof by === 'string' && name === nameOf({ ...(server && { server }), ...(tool && { tool }) });
  if (isRead) return value as Freeze;
  throw new TypeError(
    `the order ${inspect(name)} must be { at, by, reason?, server?, tool? } of its own scope; got ${inspect(value).slice(0, 120)}`,
  );
}

function readEpoch(value: unknown): Epoch {
  const { from, until, by } = (value ?? {}) as Partial<Epoch>;
  if (typeof from === 'number' && typeof until === 'number' && typeof by === 'string') return value as Epoch;
  throw new TypeError(`the order "${EPOCH}" must be { from, until, by }; got ${inspect(value).slice(0, 120)}`);
}
