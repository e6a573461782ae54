import { LocalAccountError } from '../account-error';
import type { LoadBalancer } from '../machinery';
import { arnSuffix } from '../secrets/secret-store';
import { arn, attributes, type Created, type Provisioner } from './provisioner';

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
/** While it is `true`, nobody can delete it (Elastic Load Balancing, "Deletion protection"). */
const PROTECTION = 'deletion_protection.enabled';
/** Attributes that change nothing while it runs: where logs go, deletion, HTTP/2, checks that Node's parser makes anyway. */
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
  problems: ({ Type = 'application', LoadBalancerAttributes = [] }, path) => [
    ...(Type === 'application' ? [] : [`the load balancer type "${Type}" of ${path}; it has application`]),
    ...LoadBalancerAttributes.filter(({ Key }) => Key !== IDLE_TIMEOUT && !INERT_ATTRIBUTES.test(Key)).map(
      ({ Key }) => `the load balancer attribute ${Key} of ${path}`,
    ),
  ],
  create: async ({ properties, stack, address, generatedName, identity }, { loadBalancers }) => {
    const { Name: name = generatedName, Scheme } = properties;
    const id = arnSuffix(identity);
    const dnsName = `${Scheme === 'internal' ? 'internal-' : ''}${name}-${id}.${stack.region}.elb.amazonaws.com`.toLowerCase();
    const ref = arn(stack, 'elasticloadbalancing', `loadbalancer/app/${name}/${id}`);
    loadBalancers.set(ref, { ...address, dnsName, idleTimeoutSeconds: idleTimeoutOf(properties) });
    return describe(ref, dnsName, properties);
  },
  update: async ({ properties }, { ref }, { loadBalancers, listeners }) => {
    const before = loadBalancers.get(ref) as LoadBalancer;
    loadBalancers.set(ref, { ...before, idleTimeoutSeconds: idleTimeoutOf(properties) });
    const own = `${ref.replace(':loadbalancer/', ':listener/')}/`;
    for (const [arn, listener] of listeners) if (arn.startsWith(own)) listener.applyIdleTimeout();
    return describe(ref, before.dnsName, properties);
  },
  delete: async ({ ref, resource, path }, { loadBalancers }) => {
    if (isProtected(resource.Properties ?? {}))
      throw new LocalAccountError('REFUSED', `The load balancer ${ref} (${path}) has deletion protection; deploy it without first.`);
    loadBalancers.delete(ref);
  },
};

function isProtected({ LoadBalancerAttributes = [] }: Partial<LoadBalancerProperties>): boolean {
  return LoadBalancerAttributes.some(({ Key, Value }) => Key === PROTECTION && String(Value) === 'true');
}

function idleTimeoutOf({ LoadBalancerAttributes = [] }: LoadBalancerProperties): number {
  return Number(LoadBalancerAttributes.find(({ Key }) => Key === IDLE_TIMEOUT)?.Value ?? DEFAULT_IDLE_TIMEOUT);
}

function describe(ref: string, dnsName: string, { SecurityGroups = [] }: LoadBalancerProperties): Created {
  const fullName = ref.replace(/^.*:loadbalancer\//, '');
  const attribute = attributes({
    DNSName: dnsName,
    LoadBalancerArn: ref,
    LoadBalancerFullName: fullName,
    LoadBalancerName: fullName.split('/')[1],
    CanonicalHostedZoneID: 'ZLOCAL',
    SecurityGroups,
  });
  return { ref, attribute };
}
