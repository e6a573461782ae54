import { type Fleet, startFleet } from '../suites/fleet';
import type { FleetApp } from '../suites/fleet-app';
import type { FleetProcesses } from '../suites/fleet-processes';
import type { Evidence } from './evidence';
import { AwsLink } from './links/aws-link';
import { Wire } from './links/wire';
import type { Processes } from './strikes/processes';
import type { Striker } from './strikes/striker';
import { replaceGateway } from './without-ledger/gateway';

export interface FragileFleetProps {
  readonly app: FleetApp;
  readonly ledger: 'with' | 'without';
  /** Folder for its assembly and state. */
  readonly scratch: string;
  readonly fleetProcesses: FleetProcesses;
  readonly striker: Striker;
  readonly processes: Processes;
  readonly evidence: Evidence;
}

/** A fleet with something to break between all of its parts. */
export interface FragileFleet extends Fleet {
  /** Where agents come in. */
  readonly url: string;
}

export async function startFragileFleet(props: FragileFleetProps): Promise<FragileFleet> {
  const { app, ledger, scratch, fleetProcesses, striker, processes, evidence } = props;
  const aws: Partial<Record<'dynamodb' | 'aws', AwsLink>> = {};
  const balancers: Wire[] = [];
  const fleet = await startFleet({
    app,
    scratch,
    processes: fleetProcesses,
    ...(ledger === 'without' && { alter: replaceGateway }),
    onLog: evidence.read,
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
  const client = await Wire.start(fleet.account.baseUrl, (reference) => striker.treat('client', reference));
  striker.links = { client: [client], server: balancers, ledger: aws.dynamodb as AwsLink, authorizer: aws.aws as AwsLink };
  return {
    ...fleet,
    url: client.url,
    stop: async () => {
      processes.wake();
      client.stop();
      await fleet.stop();
      for (const wire of balancers) wire.stop();
      await Promise.all([aws.dynamodb?.stop(), aws.aws?.stop()]);
    },
  };
}
