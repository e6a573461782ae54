import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalAccount } from '../../local/local-account';
import { startLocalAccount } from '../../local/start';
import { synthesizeFleet } from './fleet-app';
import { AwsLink } from './links/aws-link';
import { Wire } from './links/wire';
import type { GatewayLog } from './strikes/gateway-log';
import type { Processes } from './strikes/processes';
import type { Links, Striker } from './strikes/striker';
import { replaceGateway } from './without-ledger/gateway';

export interface FleetProps {
  readonly bankServer: string;
  readonly bankUrl: string;
  readonly agents: readonly string[];
  readonly ledger: 'with' | 'without';
  /** Folder for its assembly and state. */
  readonly scratch: string;
  readonly striker: Striker;
  readonly processes: Processes;
  readonly gatewayLog: GatewayLog;
}

/** A fleet in this process, with something to break between all of its parts. */
export interface Fleet {
  readonly account: LocalAccount;
  /** Where agents come in. */
  readonly url: string;
  stop(): Promise<void>;
}

export async function startFleet({
  bankServer,
  bankUrl,
  agents,
  ledger,
  scratch,
  striker,
  processes,
  gatewayLog,
}: FleetProps): Promise<Fleet> {
  const assembly = join(scratch, 'cdk.out');
  // The account notes in its folder that it runs: not in the project's, where another may run.
  const folder = join(scratch, 'account');
  mkdirSync(folder, { recursive: true });
  synthesizeFleet({ directory: bankServer, bankUrl, agents, outdir: assembly });
  if (ledger === 'without') await replaceGateway(assembly);

  const aws: Partial<Record<'dynamodb' | 'aws', AwsLink>> = {};
  const balancers: Wire[] = [];
  const account = await startLocalAccount({
    assembly,
    port: 0,
    controlFolder: folder,
    persist: join(folder, 'state'),
    onLog: gatewayLog.read,
    interpose: async (link, url) => {
      if (link === 'load balancer') {
        const wire = await Wire.start(url, (reference) => striker.treat('server', reference));
        balancers.push(wire);
        return wire.url;
      }
      const between = await AwsLink.start(url, (request) => (link === 'dynamodb' ? striker.ledger : striker.authorizer).treat(request));
      aws[link] = between;
      return between.url;
    },
  });
  processes.account = account;
  const client = await Wire.start(account.baseUrl, (reference) => striker.treat('client', reference));
  const links: Links = { client: [client], server: balancers, ledger: aws.dynamodb as AwsLink, authorizer: aws.aws as AwsLink };
  striker.links = links;
  return {
    account,
    url: client.url,
    stop: async () => {
      processes.wake();
      client.stop();
      await account.stop();
      for (const wire of balancers) wire.stop();
      await Promise.all([aws.dynamodb?.stop(), aws.aws?.stop()]);
    },
  };
}
