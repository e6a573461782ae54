import { OrdersItem } from '../ledger/orders-item';
import { sdkTable } from '../ledger/table/sdk-table';
import type { Place } from './place/place';

/** Where an operator's orders to a fleet stand. */
export function ordersAt({ dynamodb, names }: Pick<Place, 'dynamodb' | 'names'>): OrdersItem {
  return new OrdersItem(sdkTable(dynamodb), names.allowlist);
}
