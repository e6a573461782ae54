/** Who may do what on the ledger: for the constructs, which refuse what is too much, and for the check of what is deployed. */

/** Whose role it is. */
export type Holder = 'gateway' | 'janitor' | 'operator' | 'server' | 'other';

const DELETES = [
  'dynamodb:DeleteItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteTable',
  'dynamodb:PartiQLDelete',
  'dynamodb:UpdateTable',
];
const PUTS = ['dynamodb:PutItem', 'dynamodb:PartiQLInsert'];
const UPDATES = ['dynamodb:UpdateItem', 'dynamodb:PartiQLUpdate'];
const READS = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:Scan', 'dynamodb:PartiQLSelect'];

/** Whatever is done with rows. */
export const LEDGER_TOUCHING: readonly string[] = [...DELETES, ...PUTS, ...UPDATES, ...READS];

/** What nobody of a kind may do: the gateway writes, the janitor ends what is there, operators say how it ended, servers do not even see the ledger. */
export const FORBIDDEN_ON_LEDGER: Readonly<Record<Holder, readonly string[]>> = {
  gateway: DELETES,
  janitor: [...DELETES, ...PUTS],
  operator: [...DELETES, ...PUTS],
  server: LEDGER_TOUCHING,
  other: [...DELETES, ...PUTS, ...UPDATES],
};

/** Whether an allowed action, which may end in a wildcard, covers one of the actions asked for. */
export function covers(allowed: string, actions: readonly string[]): boolean {
  const pattern = new RegExp(`^${allowed.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
  return actions.some((action) => pattern.test(action));
}
