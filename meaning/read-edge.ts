import type { Template } from '../local/assembly/template';
import type { DeclaredEdge } from './declared';
import { referenceIn, refersTo, resourceOf, resourcesOf } from './resources';
import { textOf } from './symbolic';
import { listOf, type Members, membersOf, numberIn, textIn } from './told';

const ANYWHERE = '0.0.0.0/0';
export const COMPANY_LISTENER = 'a listener of the company';

/** The edge that a fleet names in its metadata. @param domain under which its certificate stands */
export function readEdge(template: Template, named: unknown, domain: string | undefined): DeclaredEdge | undefined {
  const { api: before, listener: joined, loadBalancer, port } = membersOf(named) ?? {};
  if (joined !== undefined) return companyEdge(textOf(joined), textOf(port), domain);
  const balancer = resourceOf(template, textIn(loadBalancer) ?? referenceIn(loadBalancer));
  if (balancer === undefined) return undefined;
  const listener = resourcesOf(template, 'AWS::ElasticLoadBalancingV2::Listener').find(
    ({ properties }) => refersTo(properties.LoadBalancerArn, balancer.id) && textOf(properties.Port) === textOf(port),
  );
  // Whoever has a token may come to an API from anywhere; the load balancer behind it lets in nobody else.
  const api = resourceOf(template, textIn(before) ?? referenceIn(before));
  const groups = (listOf(balancer.properties.SecurityGroups) ?? []).map(referenceIn).filter((id) => id !== undefined);
  return {
    entry: (api ?? balancer).id,
    scheme: api === undefined && textOf(balancer.properties.Scheme) === 'internal' ? 'internal' : 'public',
    port: textOf(port),
    protocol: textOf(listener?.properties.Protocol),
    domain,
    certificates: (listOf(listener?.properties.Certificates) ?? []).map((certificate) => textOf(membersOf(certificate)?.CertificateArn)),
    tlsPolicy: textOf(listener?.properties.SslPolicy),
    clients:
      api !== undefined ? [ANYWHERE] : [...new Set(groups.flatMap((group) => peersOf(template, group, Number(textOf(port)))))].sort(),
  };
}

/** Whom the company lets come to a listener of its own, no template of a fleet tells. */
function companyEdge(listener: string, port: string, domain: string | undefined): DeclaredEdge {
  const clients = [`whoever may reach ${listener}`];
  return { entry: listener, scheme: COMPANY_LISTENER, port, protocol: 'HTTPS', domain, certificates: [], tlsPolicy: '', clients };
}

/** From where a security group lets in to a port. */
function peersOf(template: Template, group: string, port: number): readonly string[] {
  const inline = listOf(resourceOf(template, group)?.properties.SecurityGroupIngress) ?? [];
  const apart = resourcesOf(template, 'AWS::EC2::SecurityGroupIngress').filter(({ properties }) => refersTo(properties.GroupId, group));
  return [...inline.map((rule) => membersOf(rule) ?? {}), ...apart.map(({ properties }) => properties)]
    .filter((rule) => isFor(rule, port))
    .map(({ CidrIp, CidrIpv6, SourcePrefixListId, SourceSecurityGroupId }) =>
      textOf(CidrIp ?? CidrIpv6 ?? SourcePrefixListId ?? SourceSecurityGroupId),
    );
}

function isFor({ IpProtocol, FromPort, ToPort }: Members, port: number): boolean {
  if (textOf(IpProtocol) === '-1') return true;
  const [from, to] = [numberIn(FromPort), numberIn(ToPort)];
  return from === undefined || to === undefined || (from <= port && port <= to);
}
