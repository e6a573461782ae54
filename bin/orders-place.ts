import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { allowlistAt, clientAt } from '../checks/tables';
import type { AllowlistEntry } from '../core/policy';
import { OrdersItem } from '../ledger/orders-item';
import { sdkTable } from '../ledger/table/sdk-table';
import { attachHere } from './attach';
import { CommandError, EXIT } from './exit';

/** Where an operator's orders stand, and whom they concern. */
export interface OrdersPlace {
  readonly orders: OrdersItem;
  /** What agents are granted: names of servers and tools that there are. */
  readonly allowlist: readonly AllowlistEntry[];
}

/**
 * @param table name of an allowlist's table on AWS, reached as the environment says; without it that of the account that runs here
 * @throws CommandError where it cannot be read
 */
export async function ordersPlace(table: string | undefined): Promise<OrdersPlace> {
  if (table === undefined) {
    const { dynamodbUrl, tables } = await attachHere();
    return placeIn(clientAt(dynamodbUrl), tables.allowlist);
  }
  try {
    return await placeIn(new DynamoDBClient({}), table);
  } catch (error) {
    const { name, message } = error as Error;
    const fix = "it is the output or physical id of the fleet's allowlist table; AWS_PROFILE and AWS_REGION say whose and where";
    throw new CommandError(EXIT.ENVIRONMENT, `The table "${table}" cannot be read: ${name}: ${message}`, fix);
  }
}

async function placeIn(client: DynamoDBClient, table: string): Promise<OrdersPlace> {
  return { orders: new OrdersItem(sdkTable(client), table), allowlist: await allowlistAt(client, table) };
}
