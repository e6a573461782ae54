import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { placesOf } from '../core/listed-servers';
import type { LoadBalancers } from './load-balancers';

/** Listener behind which the sidecars of servers in other stacks stand: its rules' priorities are nobody else's. */
const LISTED_SERVERS_PORT = 8444;

/** The load balancers before servers of other stacks: the internal one that is there in any case, and others where it has too few target groups. */
export class ServerListeners {
  private readonly all: readonly { readonly balancer: elb.ApplicationLoadBalancer; readonly listener: elb.ApplicationListener }[];

  /** @param count how many load balancers; the first is the internal one */
  constructor(
    private readonly balancers: LoadBalancers,
    count: number,
  ) {
    this.all = Array.from({ length: count }, (_, at) => {
      const balancer = at === 0 ? balancers.servers : balancers.addInternal(`Internal${at + 1}`);
      return { balancer, listener: balancers.addServersListener(balancer, 'ListedServers', LISTED_SERVERS_PORT) };
    });
  }

  /** In the order of their numbers: a server that has a place behind one keeps it. */
  get arns(): string[] {
    return this.all.map(({ listener }) => listener.listenerArn);
  }

  get urls(): string[] {
    return this.all.map(({ balancer }) => this.balancers.urlOf(balancer, LISTED_SERVERS_PORT));
  }

  /** Those beside the internal one. */
  get others(): readonly elb.ApplicationLoadBalancer[] {
    return this.all.slice(1).map(({ balancer }) => balancer);
  }

  /** How many servers they take. */
  get room(): number {
    return this.all.reduce((sum, _, at) => sum + placesOf(at), 0);
  }

  /** All are in one security group: one rule lets it enter them all. */
  allowFrom(gateway: ec2.IConnectable): void {
    this.all[0]?.listener.connections.allowDefaultPortFrom(gateway, 'Gateway');
  }
}
