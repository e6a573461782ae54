import { LocalAccountError, unsupported } from '../account-error';
import { Listener } from '../alb/listener';
import { type ActionProperties, readActions } from '../alb/listener-rules';
import type { Stack } from '../assembly/cloud-assembly';
import { addressText, type Resource } from '../assembly/template';
import { portTaken } from '../processes/ports';
import { certificateName } from '../tls/certificates';
import { attributes, type Provisioner } from './provisioner';

/** AWS::ElasticLoadBalancingV2::Listener, as far as it is read. */
interface ListenerProperties {
  readonly LoadBalancerArn: string;
  readonly Port: number;
  readonly Protocol?: string;
  readonly DefaultActions: readonly ActionProperties[];
}

/** HTTPS listeners are plain HTTP here, unless the account is asked for TLS: nothing leaves the machine, and no certificate of AWS can be had. */
const PROTOCOLS = ['HTTP', 'HTTPS'];

export const listener: Provisioner<ListenerProperties> = {
  phase: 'load balancers',
  noun: ['listener', 'listeners'],
  honours: ['LoadBalancerArn', 'Port', 'Protocol', 'DefaultActions'],
  ignores: ['Certificates', 'SslPolicy', 'AlpnPolicy', 'ListenerAttributes'],
  joins: 'LoadBalancerArn',
  create: async ({ properties, path, resource, stack }, machinery) => {
    const { LoadBalancerArn, Port, Protocol = 'HTTP', DefaultActions } = properties;
    const balancer = machinery.loadBalancers.get(LoadBalancerArn);
    if (!balancer)
      throw new LocalAccountError('INVALID_ASSEMBLY', `${path} names a load balancer that does not exist: ${LoadBalancerArn}.`);
    if (!PROTOCOLS.includes(Protocol)) throw unsupported([`the protocol ${Protocol} of ${path}; it has ${PROTOCOLS.join(', ')}`]);
    const port = machinery.portFor(balancer.stack, balancer.logicalId, Number(Port));
    const started = await Listener.start({
      port,
      // The balancer's own, which may change.
      idleTimeoutSeconds: () => machinery.loadBalancers.get(LoadBalancerArn)?.idleTimeoutSeconds ?? balancer.idleTimeoutSeconds,
      defaultAction: readActions(DefaultActions, `${path}/DefaultActions`, (issuer) => machinery.ecs.addresses.standIn(issuer)),
      targetGroup: (arn) => machinery.targetGroups.get(arn),
      cuts: machinery.cuts,
      ...(Protocol === 'HTTPS' && { certificates: machinery.certificates }),
    }).catch((cause: unknown) => {
      throw portError(cause, port);
    });
    const ref = `${LoadBalancerArn.replace(':loadbalancer/', ':listener/')}/${Port}`;
    machinery.listeners.set(ref, started);
    for (const name of certificatesOf(resource, stack)) machinery.certificates.use(name);
    const reached = new URL(await machinery.interpose('load balancer', started.origin));
    machinery.ecs.addresses.addListener(balancer.dnsName, Number(Port), Number(reached.port), started.scheme);
    machinery.ecs.links.addListener(addressText(balancer), Number(Port), Number(reached.port));
    const domain = machinery.domainOf(balancer.stack, balancer.logicalId, Number(Port));
    // Agents come to the listener itself, whatever stands between programs and it. An audience of the same words stays what it is.
    if (domain !== undefined) {
      await machinery.certificates.cover(domain);
      machinery.ecs.addresses.addText(`"baseUrl":"https://${domain}"`, `"baseUrl":"${started.origin}"`);
    }
    return { ref, attribute: attributes({ ListenerArn: ref }) };
  },
  update: async ({ properties, path, resource, stack }, before, { listeners, ecs, certificates }) => {
    const { ref } = before;
    for (const name of certificatesOf(resource, stack)) certificates.use(name);
    for (const name of certificatesOf(before.resource, before.stack)) certificates.dismiss(name);
    const action = readActions(properties.DefaultActions, `${path}/DefaultActions`, (issuer) => ecs.addresses.standIn(issuer));
    listeners.get(ref)?.setDefaultAction(action);
    return { ref, attribute: attributes({ ListenerArn: ref }) };
  },
  unchangeable: (after, before, path) =>
    ['Port', 'Protocol']
      .filter((name) => String(Reflect.get(after, name)) !== String(Reflect.get(before, name)))
      .map((name) => `a change of ${name} of the listener ${path} from ${Reflect.get(before, name)} to ${Reflect.get(after, name)}`),
  delete: async ({ ref, properties, resource, stack }, { listeners, loadBalancers, ecs, certificates }) => {
    for (const name of certificatesOf(resource, stack)) certificates.dismiss(name);
    const listener = listeners.get(ref);
    listeners.delete(ref);
    const balancer = loadBalancers.get(properties.LoadBalancerArn);
    if (balancer) ecs.addresses.removeListener(balancer.dnsName, Number(properties.Port));
    await listener?.stop();
  },
};

/** By the words of the template: what nobody but AWS can tell is not asked for. */
function certificatesOf({ Properties = {} }: Resource, stack: Stack): readonly string[] {
  const all = Array.isArray(Properties.Certificates) ? (Properties.Certificates as readonly { readonly CertificateArn?: unknown }[]) : [];
  return all.map(({ CertificateArn }) => certificateName(CertificateArn, stack));
}

function portError(cause: unknown, port: number): unknown {
  return (cause as NodeJS.ErrnoException).code === 'EADDRINUSE' ? portTaken(port, cause) : cause;
}
