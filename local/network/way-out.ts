import type { Network } from './network';
import type { Subnet } from './subnets';
import { all, passes, refused, unknown, type Verdict } from './verdict';

const ANYWHERE = '0.0.0.0/0';

/** Whether the internet comes to what has a public address in a subnet: a NAT gateway leads only out. */
export function wayIn(network: Network, subnet: Subnet): Verdict {
  const isBehindNat = subnet.routes.some(({ destination, via }) => destination === ANYWHERE && via === 'NAT gateway');
  if (isBehindNat) return refused(`${subnet.path} leads to a NAT gateway, through which nothing comes in`);
  return wayOut(network, subnet, true);
}

/** Whether a subnet's routes lead to the internet: by a NAT gateway, or for what has a public address itself. */
export function wayOut(network: Network, subnet: Subnet, hasPublicAddress: boolean): Verdict {
  if (!subnet.isStated) return unknown(`the routes of ${subnet.path}, which no template makes`);
  const route = subnet.routes.find(({ destination }) => destination === ANYWHERE);
  if (route === undefined) return refused(`${subnet.path} has no route to the internet; add a route to a NAT gateway, or an endpoint`);
  if (route.via === 'something else') return unknown(`where the route ${route.id} leads`);
  if (route.via === 'NAT gateway') {
    const place = network.natGateways.get(route.target);
    if (place === undefined) return unknown(`the NAT gateway ${route.target}, which no template makes`);
    return all([passes(`the NAT gateway ${route.target}`, [route.id, route.target]), wayOut(network, network.subnet(place), true)]);
  }
  if (!hasPublicAddress) return refused(`${subnet.path} leads to an internet gateway, and what stands there has no public address`);
  const attachment = network.attachments.get(subnet.vpc);
  if (attachment === undefined) return refused(`no internet gateway is attached to ${subnet.vpc}`);
  return passes('the internet gateway', [route.id, attachment]);
}
