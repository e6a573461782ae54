import { Duration } from 'aws-cdk-lib';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as route53 from 'aws-cdk-lib/aws-route53';
import { DECISION_SECONDS } from '../core/policy';
import { recordProblems } from './edge-record';
import { duration, flag, having, listOf, memberProblems, number, optional, type Shape, text } from './kinds';
import { type Problem, wholeNumber } from './problems';
import { webAclProblems } from './web-acl';

export interface InternalEdgeProps {
  /**
   * Certificate of `domainName`, of a public CA: the gateway checks it too on its way to the servers.
   * @default - plain HTTP on port 80, with a warning: access tokens then cross the network in clear text
   */
  readonly certificate?: acm.ICertificate;
  /**
   * Host name under which agents call; without `hostedZone` you point it at `McpFleet.edgeLoadBalancer`. Needed with a certificate.
   * @default - the load balancer's own name
   */
  readonly domainName?: string;
  /**
   * Zone in which `domainName` is pointed at the load balancer, by an alias record.
   * @default - no record is made
   */
  readonly hostedZone?: route53.IHostedZone;
  /**
   * A web ACL of AWS WAF, of the region, that judges what comes in. What it refuses the ledger does not know of, and rules on the size of bodies
   * refuse calls (docs/companies.md).
   * @default - none
   */
  readonly webAclArn?: string;
  /**
   * From where the edge may be reached.
   * @default - the addresses of the VPC
   */
  readonly clients?: ec2.IPeer[];
}

export interface PublicAlbEdgeProps {
  /** Certificate of `domainName`. */
  readonly certificate: acm.ICertificate;
  /** Host name under which agents call; without `hostedZone` you point it at `McpFleet.edgeLoadBalancer`. */
  readonly domainName: string;
  /**
   * Zone in which `domainName` is pointed at the load balancer, by an alias record.
   * @default - no record is made
   */
  readonly hostedZone?: route53.IHostedZone;
  /**
   * A web ACL of AWS WAF, of the region, that judges what comes in. What it refuses the ledger does not know of, and rules on the size of bodies
   * refuse calls (docs/companies.md).
   * @default - none
   */
  readonly webAclArn?: string;
  /**
   * From where the edge may be reached.
   * @default - any IPv4 address
   */
  readonly clients?: ec2.IPeer[];
  /**
   * Whether the load balancer itself refuses tokens that are expired, forged or another issuer's, before they reach the gateway, which
   * verifies every token in any case. Its 401 says nothing (docs/edges.md), tokens must be signed with RS256, and the issuer's keys must
   * be public, 10 at most (Elastic Load Balancing, "Verify JWTs").
   * @default false
   */
  readonly jwtVerification?: boolean;
}

export interface ApiGatewayEdgeProps {
  /** Certificate of `domainName`, in the region of the stack: for the API, and for the load balancer behind it. */
  readonly certificate: acm.ICertificate;
  /** Host name under which agents call; without `hostedZone` you point it at `McpFleet.edgeApi` (`targets.ApiGateway` of aws-cdk-lib). */
  readonly domainName: string;
  /**
   * Zone in which `domainName` is pointed at the API, by an alias record.
   * @default - no record is made
   */
  readonly hostedZone?: route53.IHostedZone;
  /**
   * A web ACL of AWS WAF, of the region, that judges what comes to the API's stage.
   * @default - none
   */
  readonly webAclArn?: string;
  /**
   * How long API Gateway keeps the authorizer's decision of a token and a path, in whole seconds from 0 to 30. The gateway behind it
   * decides for itself, too.
   * @default Duration.seconds(30)
   */
  readonly decisionCache?: Duration;
}

export interface ListenerEdgeProps {
  /**
   * An HTTPS listener, with a certificate of `domainName`, of an Application Load Balancer whose security group may send to the fleet's subnets. Import
   * one with that group: `ApplicationListener.fromApplicationListenerAttributes(this, 'Shared', { listenerArn, securityGroup })`.
   */
  readonly listener: elb.IApplicationListener;
  /** Host name under which agents call: the fleet's rule on the listener is for it alone. You point it at the listener's load balancer. */
  readonly domainName: string;
  /** Place of the fleet's rule among those of the listener, from 1 to 50000; no other rule may have it. */
  readonly priority: number;
  /** Certificate of `domainName` for the fleet's own internal load balancer, between gateway and servers. */
  readonly certificate: acm.ICertificate;
}

/** @internal */
export interface EdgeSpec extends InternalEdgeProps {
  readonly isPublic: boolean;
  readonly jwtVerification?: boolean;
  /** Where an API stands before an internal load balancer. */
  readonly api?: { readonly decisionCache: Duration };
  /** A listener that is there already. */
  readonly listener?: Pick<ListenerEdgeProps, 'listener' | 'priority'>;
}

const certificate = (fix: string) => having('certificateArn', 'a certificate', fix);
const MAKE_CERTIFICATE = 'Write Certificate.fromCertificateArn(…), or make one, of aws-cdk-lib.';
const CLIENTS = optional(listOf(having('canInlineRule', 'an IPeer', 'Write Peer.ipv4(…), of aws-cdk-lib.')));
const ZONE = optional(having('zoneName', 'a hosted zone', 'Write HostedZone.fromHostedZoneAttributes(…), or make one, of aws-cdk-lib.'));
const INTERNAL: Shape<InternalEdgeProps> = {
  certificate: optional(certificate(MAKE_CERTIFICATE)),
  domainName: optional(text()),
  hostedZone: ZONE,
  webAclArn: optional(text()),
  clients: CLIENTS,
};
const PUBLIC: Shape<PublicAlbEdgeProps> = {
  certificate: certificate(`Access tokens cross the internet there: it needs TLS. ${MAKE_CERTIFICATE}`),
  domainName: text('Write the host name that the certificate stands for.'),
  hostedZone: ZONE,
  webAclArn: optional(text()),
  clients: CLIENTS,
  jwtVerification: optional(flag),
};
const API: Shape<ApiGatewayEdgeProps> = {
  certificate: PUBLIC.certificate,
  domainName: PUBLIC.domainName,
  hostedZone: ZONE,
  webAclArn: optional(text()),
  decisionCache: optional(duration),
};
const LISTENER: Shape<ListenerEdgeProps> = {
  listener: having(
    'listenerArn',
    'a listener of an Application Load Balancer',
    'Write ApplicationListener.fromApplicationListenerAttributes(…), of aws-cdk-lib.',
  ),
  domainName: text('Write the host name under which agents call.'),
  priority: number('Write a place that no other rule of the listener has.'),
  certificate: certificate(MAKE_CERTIFICATE),
};

/** Where agents enter. */
export class FleetEdge {
  /** An internal Application Load Balancer: agents run in the VPC or in networks joined to it. */
  static internal(props: InternalEdgeProps = {}): FleetEdge {
    return new FleetEdge({ ...props, isPublic: false }, memberProblems('edge props', props, INTERNAL, 'edge '));
  }

  /**
   * An internet-facing Application Load Balancer. The servers stay behind an internal one of their own, because
   * security groups cannot tell the gateway from the rest of the world at an internet-facing address.
   */
  static publicAlb(props: PublicAlbEdgeProps): FleetEdge {
    return new FleetEdge({ ...props, isPublic: true }, memberProblems('edge props', props, PUBLIC, 'edge '));
  }

  /**
   * A regional REST API of API Gateway with the fleet's authorizer, which streams answers and reaches an internal load balancer by a VPC
   * link. For companies whose way in is API Gateway: an answer ends after 15 minutes there, request line and headers have 10,240 bytes
   * together, and challenges of the gateway itself are renamed (docs/edges.md).
   */
  static apiGateway(props: ApiGatewayEdgeProps): FleetEdge {
    const unreadable = memberProblems('edge props', props, API, 'edge ');
    if (unreadable.length > 0) return new FleetEdge({ isPublic: false }, unreadable);
    const { decisionCache = Duration.seconds(DECISION_SECONDS), ...rest } = props;
    return new FleetEdge({ ...rest, isPublic: false, api: { decisionCache } }, []);
  }

  /**
   * A listener that the company has: agents enter under a host name of their own, beside whatever else the load balancer serves. Who may
   * reach it, its logs, its web ACL and its idle timeout (no less than 60 seconds) stay the company's. The servers stand behind an internal load
   * balancer of the fleet's own.
   */
  static listener(props: ListenerEdgeProps): FleetEdge {
    const unreadable = memberProblems('edge props', props, LISTENER, 'edge ');
    if (unreadable.length > 0) return new FleetEdge({ isPublic: false }, unreadable);
    const { listener, priority, ...rest } = props;
    return new FleetEdge({ ...rest, isPublic: false, listener: { listener, priority } }, []);
  }

  private constructor(
    private readonly spec: EdgeSpec,
    /** What cannot even be read of what was given. */
    private readonly unreadable: readonly Problem[],
  ) {}

  /** @internal */
  get _spec(): EdgeSpec {
    return this.spec;
  }

  /** @internal */
  _problems(): readonly Problem[] {
    return this.unreadable.length > 0 ? this.unreadable : edgeProblems(this.spec);
  }
}

function edgeProblems({ isPublic, certificate, domainName, clients, api, listener, hostedZone, webAclArn }: EdgeSpec): Problem[] {
  const problems: Problem[] = [
    ...recordProblems(domainName, hostedZone),
    ...webAclProblems('edge webAclArn', webAclArn),
    ...wholeNumber('edge priority', listener?.priority, 1, 50_000, 'No two rules of a listener have one.'),
  ];
  if (api !== undefined) {
    const seconds = api.decisionCache.toSeconds({ integral: false });
    problems.push(
      ...wholeNumber('edge decisionCache', seconds, 0, DECISION_SECONDS, 'It is in seconds: an agent that is revoked is cut off as soon.'),
    );
  }
  if (certificate !== undefined && !domainName) {
    problems.push({
      what: 'edge domainName',
      got: domainName,
      allowed: 'the host name that the certificate stands for',
      fix: "Give domainName: without it no client, and not the gateway itself, can check the load balancer's certificate.",
    });
  }
  if (certificate === undefined && domainName !== undefined) {
    problems.push({
      what: 'edge domainName',
      got: domainName,
      allowed: 'a host name beside a certificate',
      fix: 'Give a certificate for it, or leave domainName out.',
    });
  }
  if (clients?.length === 0) {
    const otherwise = isPublic ? 'any IPv4 address' : 'the addresses of the VPC';
    problems.push({ what: 'edge clients', got: [], allowed: 'at least one peer', fix: `Leave it out for the default, ${otherwise}.` });
  }
  return problems;
}
