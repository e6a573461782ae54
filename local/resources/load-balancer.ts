import { unsupported } from '../account-error';
import { arnSuffix } from '../secrets/secret-store';
import { arn, attributes, type Provisioner } from './provisioner';

/** AWS::ElasticLoadBalancingV2::LoadBalancer, as far as it is read. */
interface LoadBalancerProperties {
  readonly Name?: string;
  readonly Type?: string;
  readonly Scheme?: string;
  readonly SecurityGroups?: readonly string[];
  readonly LoadBalancerAttributes?: readonly { readonly Key: string; readonly Value: string }[];
}

const IDLE_TIMEOUT = 'idle_timeout.timeout_seconds';
const DEFAULT_IDLE_TIMEOUT = 60;
/** Attributes that change nothing here: where logs go, deletion, HTTP/2, checks that Node's parser makes anyway. */
const INERT_ATTRIBUTES =
  /^(access_logs\.|connection_logs\.|health_check_logs\.|deletion_protection\.|load_balancing\.|zonal_shift\.|waf\.|ipv6\.|routing\.http2\.|routing\.http\.drop_invalid_header_fields\.|routing\.http\.desync_mitigation_mode|client_keep_alive\.)/;

export const loadBalancer: Provisioner<LoadBalancerProperties> = {
  phase: 'load balancers',
  noun: ['load balancer', 'load balancers'],
  honours: ['Name', 'Type', 'Scheme', 'SecurityGroups', 'LoadBalancerAttributes'],
  ignores: [
    'Subnets',
    'SubnetMappings',
    'IpAddressType',
    'MinimumLoadBalancerCapacity',
    'EnablePrefixForIpv6SourceNat',
    'EnableCapacityReservationProvisionStabilize',
    'Ipv4IpamPoolId',
    'EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic',
  ],
  reads: ({ LoadBalancerAttributes = [], ...rest }) => ({
    ...rest,
    LoadBalancerAttributes: LoadBalancerAttributes.filter(({ Key }) => !INERT_ATTRIBUTES.test(Key)),
  }),
  create: async ({ properties, stack, address, generatedName, path }, { loadBalancers }) => {
    const { Name: name = generatedName, Type = 'application', Scheme, LoadBalancerAttributes = [] } = properties;
    if (Type !== 'application') throw unsupported([`the load balancer type "${Type}" of ${path}; it has application`]);
    const unknown = LoadBalancerAttributes.filter(({ Key }) => Key !== IDLE_TIMEOUT);
    if (unknown.length > 0) throw unsupported(unknown.map(({ Key }) => `the load balancer attribute ${Key} of ${path}`));
    const id = arnSuffix(path);
    const dnsName = `${Scheme === 'internal' ? 'internal-' : ''}${name}-${id}.${stack.region}.elb.amazonaws.com`.toLowerCase();
    const ref = arn(stack, 'elasticloadbalancing', `loadbalancer/app/${name}/${id}`);
    const idleTimeoutSeconds = Number(LoadBalancerAttributes.find(({ Key }) => Key === IDLE_TIMEOUT)?.Value ?? DEFAULT_IDLE_TIMEOUT);
    loadBalancers.set(ref, { ...address, dnsName, idleTimeoutSeconds });
    return {
      ref,
      attribute: attributes({
        DNSName: dnsName,
        LoadBalancerArn: ref,
        LoadBalancerFullName: `app/${name}/${id}`,
        LoadBalancerName: name,
        CanonicalHostedZoneID: 'ZLOCAL',
        SecurityGroups: properties.SecurityGroups ?? [],
      }),
    };
  },
};
