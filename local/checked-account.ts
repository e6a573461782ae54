import type { Datapoint, LocalAccount } from './local-account';

type Awaitable<T> = T | Promise<T>;

/** What the checks look at. A running account has it, and so has another process that is attached to one. */
export interface CheckedAccount
  extends Pick<LocalAccount, 'baseUrl' | 'fleet' | 'servers' | 'agents' | 'dynamodbUrl' | 'tables' | 'templates' | 'token' | 'processes'> {
  physicalId(stack: string, logicalId: string): Awaitable<string | undefined>;
  principal(agent: string): Awaitable<{ issuer: string; subject: string }>;
  /** @param since milliseconds since the epoch; older ones may be left out */
  datapoints(since: number): Awaitable<readonly Datapoint[]>;
  logFiles(): Awaitable<readonly string[]>;
  secretValue(stack: string, logicalId: string): Awaitable<string | undefined>;
}
