import type { Datapoint, FleetInfo, LocalAccount, Scaling } from './local-account';

type Awaitable<T> = T | Promise<T>;

/** What the checks look at of one fleet. A running account has it, and so has another process that is attached to one. */
export interface CheckedAccount
  extends Pick<
    LocalAccount,
    'baseUrl' | 'fleet' | 'servers' | 'agents' | 'dynamodbUrl' | 'tables' | 'archive' | 'templates' | 'token' | 'processes'
  > {
  /** Path of the fleet's construct, where the assembly tells it. */
  readonly path?: string;
  physicalId(stack: string, logicalId: string): Awaitable<string | undefined>;
  principal(agent: string): Awaitable<{ issuer: string; subject: string }>;
  /** Ends a server, a sidecar or a gateway with SIGKILL; that it was asked for keeps it from being told as a crash. */
  kill(pid: number): Awaitable<void>;
  scaling(): Awaitable<Scaling>;
  /** @param since milliseconds since the epoch; older ones may be left out */
  datapoints(since: number): Awaitable<readonly Datapoint[]>;
  logFiles(): Awaitable<readonly string[]>;
  secretValue(stack: string, logicalId: string): Awaitable<string | undefined>;
  /** What makes an AWS client talk to the account. */
  awsEnvironment(): Awaitable<Readonly<Record<string, string>>>;
}

/** The account once for each of its fleets: with that one's servers, agents and tables. */
export function byFleet<Account extends CheckedAccount & { readonly fleets: readonly FleetInfo[] }>(
  account: Account,
): readonly CheckedAccount[] {
  return account.fleets.map(({ name, ...fleet }) => ({
    ...boundOf(account),
    ...fleet,
    fleet: name,
    token: (agent, options) => account.token(`${name}/${agent}`, options),
    principal: (agent) => account.principal(`${name}/${agent}`),
  }));
}

/** Methods of a class are lost where an object is spread. */
function boundOf(
  account: CheckedAccount,
): Pick<
  CheckedAccount,
  | 'templates'
  | 'dynamodbUrl'
  | 'processes'
  | 'kill'
  | 'scaling'
  | 'physicalId'
  | 'datapoints'
  | 'logFiles'
  | 'secretValue'
  | 'awsEnvironment'
> {
  return {
    templates: account.templates,
    dynamodbUrl: account.dynamodbUrl,
    processes: () => account.processes(),
    kill: (pid) => account.kill(pid),
    scaling: () => account.scaling(),
    physicalId: (stack, logicalId) => account.physicalId(stack, logicalId),
    datapoints: (since) => account.datapoints(since),
    logFiles: () => account.logFiles(),
    secretValue: (stack, logicalId) => account.secretValue(stack, logicalId),
    awsEnvironment: () => account.awsEnvironment(),
  };
}
