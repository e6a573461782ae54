import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { tablesOf } from '../../checks/tables';
import type { LedgerRow } from '../../ledger/row';
import type { LocalAccount, LocalAccountOptions } from '../../local/local-account';
import { startLocalAccount } from '../../local/start';
import { type FleetApp, synthesizeFleet } from './fleet-app';
import { FleetProcesses } from './fleet-processes';

/** Longer than any run, in seconds. */
const TOKEN_SECONDS = 24 * 3600;
/** Longer than any start, in milliseconds. */
const START_MS = 300_000;

export interface FleetProps extends Pick<LocalAccountOptions, 'onLog' | 'onScalingEvent' | 'interpose' | 'scalingSpeed' | 'tls'> {
  readonly app: FleetApp;
  /** Folder for its assembly, its state and its logs. */
  readonly scratch: string;
  /** Changes the assembly before it runs. */
  readonly alter?: (assembly: string) => Promise<void>;
  /** Folder in whose `node_modules` servers of npm packages are found. @default the current one */
  readonly packages?: string;
  /** What knows the processes before there are any. @default new ones */
  readonly processes?: FleetProcesses;
}

/** A whole fleet in this process: edge, gateways, sidecars, servers, and everything of AWS that they need. */
export interface Fleet {
  readonly account: LocalAccount;
  readonly processes: FleetProcesses;
  /** MCP endpoint of a server at the edge. */
  endpoint(server: string): string;
  /** A token that outlives the run. */
  token(agent: string): Promise<string>;
  /** All rows of the ledger, read past the gateways. */
  ledger(): Promise<readonly LedgerRow[]>;
  stop(): Promise<void>;
}

/** Synthesizes the fleet and runs it. Resolves when it serves. @throws LocalAccountError when it does not; nothing is left then */
export async function startFleet(props: FleetProps): Promise<Fleet> {
  const { app, scratch, alter, packages, onLog, onScalingEvent, interpose, scalingSpeed, tls } = props;
  const { processes = new FleetProcesses() } = props;
  const assembly = join(scratch, 'cdk.out');
  // The account notes in its folder that it runs: not in the project's, where another may run.
  const folder = join(scratch, 'account');
  mkdirSync(folder, { recursive: true });
  synthesizeFleet(app, assembly);
  await alter?.(assembly);
  // Where a person would stand who runs such servers: the account takes its working directory for the project.
  if (packages !== undefined) process.chdir(packages);
  const phases: string[] = [];
  const start = startLocalAccount({
    onProgress: ({ name, detail }) => phases.push(`${name}: ${detail}`),
    assembly,
    port: 0,
    controlFolder: folder,
    persist: join(folder, 'state'),
    onLog: (line) => {
      processes.read(line);
      onLog?.(line);
    },
    ...(onScalingEvent && { onScalingEvent }),
    ...(interpose && { interpose }),
    ...(scalingSpeed !== undefined && { scalingSpeed }),
    ...(tls !== undefined && { tls }),
  });
  const account = await inTime(start, () => `the fleet has not started after ${START_MS / 1_000} s; what it did last: ${phases.at(-1)}`);
  await processes.follow(account);
  return {
    account,
    processes,
    endpoint: (server) => `${account.baseUrl}/${server}/mcp`,
    token: (agent) => account.token(agent, { ttlSeconds: TOKEN_SECONDS }),
    ledger: () => tablesOf(account).ledger(),
    stop: () => account.stop(),
  };
}

/** A start that hangs should fail where it hangs. @throws Error when it takes too long */
async function inTime<T>(start: Promise<T>, what: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(what())), START_MS);
  });
  return await Promise.race([start, late]).finally(() => clearTimeout(timer));
}
