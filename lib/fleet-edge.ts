import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { having, listOf, memberProblems, optional, type Shape, text } from './kinds';
import type { Problem } from './problems';

export interface InternalEdgeProps {
  /**
   * Certificate of `domainName`, of a public CA: the gateway checks it too on its way to the servers.
   * @default - plain HTTP on port 80, with a warning: access tokens then cross the network in clear text
   */
  readonly certificate?: acm.ICertificate;
  /**
   * Host name under which agents call; you point it at `McpFleet.edgeLoadBalancer`. Needed with a certificate.
   * @default - the load balancer's own name
   */
  readonly domainName?: string;
  /**
   * From where the edge may be reached.
   * @default - the addresses of the VPC
   */
  readonly clients?: ec2.IPeer[];
}

export interface PublicAlbEdgeProps {
  /** Certificate of `domainName`. */
  readonly certificate: acm.ICertificate;
  /** Host name under which agents call; you point it at `McpFleet.edgeLoadBalancer`. */
  readonly domainName: string;
  /**
   * From where the edge may be reached.
   * @default - any IPv4 address
   */
  readonly clients?: ec2.IPeer[];
}

/** @internal */
export interface EdgeSpec extends InternalEdgeProps {
  readonly isPublic: boolean;
}

const certificate = (fix: string) => having('certificateArn', 'a certificate', fix);
const MAKE_CERTIFICATE = 'Write Certificate.fromCertificateArn(…), or make one, of aws-cdk-lib.';
const CLIENTS = optional(listOf(having('canInlineRule', 'an IPeer', 'Write Peer.ipv4(…), of aws-cdk-lib.')));
const INTERNAL: Shape<InternalEdgeProps> = {
  certificate: optional(certificate(MAKE_CERTIFICATE)),
  domainName: optional(text()),
  clients: CLIENTS,
};
const PUBLIC: Shape<PublicAlbEdgeProps> = {
  certificate: certificate(`Access tokens cross the internet there: it needs TLS. ${MAKE_CERTIFICATE}`),
  domainName: text('Write the host name that the certificate stands for.'),
  clients: CLIENTS,
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

function edgeProblems({ isPublic, certificate, domainName, clients }: EdgeSpec): Problem[] {
  const problems: Problem[] = [];
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
