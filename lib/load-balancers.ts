import { Duration, Stack, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { type IdentityConfig, RUNTIME_PORT } from '../core/fleet-config';
import { alarmOnBalancer, alarmOnCertificate, alarmOnServersBalancer } from './fleet-alarms';
import type { EdgeSpec } from './fleet-edge';
import type { FleetParts } from './fleet-parts';
import { ALWAYS_KEPT } from './kept';
import { acknowledge } from './nag';
import { healthProtocol, targetProtocol } from './target-protocol';
import { checkTokens } from './token-check';
import { associateWebAcl } from './web-acl';

/** Listener behind which the sidecars stand. */
export const SERVERS_PORT = 8443;

/**
 * Streams carry a heartbeat every 15 s and a silent answer becomes a stream after 10 s, so two minutes of silence
 * mean that one side is gone, even if some heartbeats were late.
 */
const IDLE_TIMEOUT = Duration.seconds(120);
const ACCESS_LOG_DAYS = 90;

interface LoadBalancersProps extends Pick<FleetParts, 'name' | 'alarmAction' | 'gatewayDelay' | 'targetTls'> {
  readonly vpc: ec2.IVpc;
  readonly subnets: ec2.SubnetSelection;
  readonly edge: EdgeSpec;
  readonly identity: IdentityConfig;
  /** Where they log; absent for a bucket of the fleet's own. */
  readonly accessLogBucket?: s3.IBucket;
  /** Whether nobody can delete them before it is switched off. */
  readonly isProtected: boolean;
}

/** The way in for agents, and the way from the gateway to the servers. */
export class LoadBalancers extends Construct {
  /** Where agents enter; absent where that is a listener of the company. */
  readonly edge?: elb.ApplicationLoadBalancer;
  readonly edgeListener: elb.IApplicationListener;
  readonly gatewayTargets: elb.ApplicationTargetGroup;
  readonly edgePort: number;
  /** Host name under which agents call, where it is not the load balancer's own. */
  readonly edgeDomain?: string;
  readonly servers: elb.ApplicationLoadBalancer;
  readonly serversListener: elb.ApplicationListener;
  /** Base URL for agents. */
  readonly edgeUrl: string;
  /** Base URL for the gateway. */
  readonly serversUrl: string;
  /** TLS name to expect at `serversUrl`; absent where it is plain HTTP. */
  readonly serversTlsName?: string;

  private readonly accessLogs: s3.IBucket;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: LoadBalancersProps,
  ) {
    super(scope, id);
    const { vpc, subnets, edge } = props;
    this.accessLogs = props.accessLogBucket ?? accessLogBucket(this);
    const making = { accessLogs: this.accessLogs, isProtected: props.isProtected };
    const internal = loadBalancer(this, 'Internal', { vpc, vpcSubnets: subnets, internetFacing: false }, making);
    this.servers = internal;
    alarmOnServersBalancer(internal, props, `MCP fleet ${props.name}: the internal load balancer`);

    if (edge.certificate !== undefined) alarmOnCertificate(this, props, edge.certificate, `MCP fleet ${props.name}: the edge`);

    const secure = edge.certificate !== undefined;
    this.edgePort = secure ? 443 : 80;
    if (edge.domainName !== undefined) this.edgeDomain = edge.domainName;
    this.gatewayTargets = gatewayTargets(this, TARGETS_ID[edge.isPublic ? 'public' : edge.listener ? 'listener' : 'internal'], props);
    if (edge.listener !== undefined) {
      this.edgeListener = edge.listener.listener;
      joinListener(this, edge, this.gatewayTargets);
    } else {
      const own = edge.isPublic ? loadBalancer(this, 'Public', { vpc, internetFacing: true }, making) : internal;
      this.edge = own;
      if (edge.isPublic) alarmOnBalancer(own, props, `MCP fleet ${props.name}: the public load balancer`);
      const toGateway = elb.ListenerAction.forward([this.gatewayTargets]);
      this.edgeListener = own.addListener('Edge', { port: this.edgePort, ...protocol(edge), open: false, defaultAction: toGateway });
      if (edge.jwtVerification) checkTokens(this.edgeListener, props.identity, toGateway);
      if (edge.webAclArn !== undefined && edge.api === undefined) associateWebAcl(own, own.loadBalancerArn, edge.webAclArn);
    }
    this.serversListener = internal.addListener('Servers', {
      port: SERVERS_PORT,
      ...protocol(edge),
      open: false,
      defaultAction: notFound(),
    });
    this.edgeUrl = `${secure ? 'https' : 'http'}://${edge.domainName ?? internal.loadBalancerDnsName}`;
    this.serversUrl = this.urlOf(internal, SERVERS_PORT);
    if (secure) this.serversTlsName = edge.domainName;

    for (const client of this.clients(props)) this.edgeListener.connections.allowDefaultPortFrom(client, 'Agents');
    if (!secure) warnOfPlainHttp(scope);
  }

  /** Before one with an API only that one's link may stand, and who may come to a company's listener is the company's affair. */
  private clients({ edge, vpc }: LoadBalancersProps): ec2.IPeer[] {
    if (edge.api !== undefined || this.edge === undefined) return [];
    return edge.clients ?? [anyoneNear(this.edge, edge, vpc)];
  }

  /** A listener for servers of other stacks; only who may enter the servers' own may enter it. */
  addServersListener(balancer: elb.ApplicationLoadBalancer, id: string, port: number): elb.ApplicationListener {
    return balancer.addListener(id, { port, ...protocol(this.props.edge), open: false, defaultAction: notFound() });
  }

  /** Another load balancer before servers, in the security group of the first. */
  addInternal(id: string): elb.ApplicationLoadBalancer {
    const { vpc, subnets, name } = this.props;
    const securityGroup = this.servers.connections.securityGroups[0] as ec2.ISecurityGroup;
    const made = loadBalancer(
      this,
      id,
      { vpc, vpcSubnets: subnets, internetFacing: false, securityGroup },
      { accessLogs: this.accessLogs, isProtected: this.props.isProtected },
    );
    alarmOnServersBalancer(made, this.props, `MCP fleet ${name}: the load balancer ${id} before servers`);
    return made;
  }

  /** Base URL for the gateway of a listener. */
  urlOf(balancer: elb.ApplicationLoadBalancer, port: number): string {
    return `${this.props.edge.certificate === undefined ? 'http' : 'https'}://${balancer.loadBalancerDnsName}:${port}`;
  }
}

/** Of each kind of edge another: a target group cannot go from one load balancer to another while the old listener is there. */
const TARGETS_ID = { internal: 'GatewayTargets', public: 'PublicGatewayTargets', listener: 'ListenerGatewayTargets' };

/** The world at a public edge, the VPC at an internal one. */
function anyoneNear(balancer: elb.ApplicationLoadBalancer, edge: EdgeSpec, vpc: ec2.IVpc): ec2.IPeer {
  const access = balancer.connections.securityGroups[0] ?? balancer;
  if (edge.isPublic) {
    acknowledge(
      access,
      'EC23',
      'A public edge is open to the internet by declaration; the gateway lets nobody in without an access token.',
    );
    return ec2.Peer.anyIpv4();
  }
  acknowledge(access, 'EC23', "The only range let in is the VPC's own, which cdk-nag cannot read before deployment.");
  return ec2.Peer.ipv4(vpc.vpcCidrBlock);
}

/** Agents come under a host name of their own to a listener that serves others besides. */
function joinListener(scope: Construct, { listener: joined, domainName }: EdgeSpec, targets: elb.ApplicationTargetGroup): void {
  if (joined === undefined || domainName === undefined) return;
  new elb.ApplicationListenerRule(scope, 'EdgeRule', {
    listener: joined.listener,
    priority: joined.priority,
    conditions: [elb.ListenerCondition.hostHeaders([domainName])],
    targetGroups: [targets],
  });
}

function loadBalancer(
  scope: Construct,
  id: string,
  props: elb.ApplicationLoadBalancerProps,
  { accessLogs, isProtected }: { readonly accessLogs: s3.IBucket; readonly isProtected: boolean },
): elb.ApplicationLoadBalancer {
  const securityGroup = props.securityGroup ?? new ec2.SecurityGroup(scope, `${id}Access`, { vpc: props.vpc, allowAllOutbound: false });
  const made = new elb.ApplicationLoadBalancer(scope, id, {
    ...props,
    securityGroup,
    idleTimeout: IDLE_TIMEOUT,
    deletionProtection: isProtected,
    dropInvalidHeaderFields: true,
  });
  made.setAttribute('access_logs.s3.enabled', 'true');
  made.setAttribute('access_logs.s3.bucket', accessLogs.bucketName);
  made.setAttribute('access_logs.s3.prefix', id.toLowerCase());
  if (accessLogs.policy !== undefined) made.node.addDependency(accessLogs.policy);
  return made;
}

/** Any replica can serve any session, so these targets need no stickiness. */
function gatewayTargets(scope: Construct, id: string, { vpc, gatewayDelay, targetTls }: LoadBalancersProps): elb.ApplicationTargetGroup {
  return new elb.ApplicationTargetGroup(scope, id, {
    vpc,
    port: RUNTIME_PORT,
    protocol: targetProtocol(targetTls),
    targetType: elb.TargetType.IP,
    deregistrationDelay: gatewayDelay,
    healthCheck: {
      ...healthProtocol(targetTls),
      path: '/healthz',
      interval: Duration.seconds(10),
      timeout: Duration.seconds(5),
      healthyThresholdCount: 2,
    },
  });
}

/** Where both load balancers log. Written without `logAccessLogs`, which cannot serve a stack without a fixed region. */
function accessLogBucket(scope: Construct): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'AccessLogs', {
    // Load balancers can write to buckets with S3's own keys only (ELB: "Access logs, bucket requirements").
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    lifecycleRules: [{ expiration: Duration.days(ACCESS_LOG_DAYS) }],
    // Load balancers put a file there when they are told to log: it is never empty, and CloudFormation deletes no bucket that is not.
    removalPolicy: ALWAYS_KEPT,
  });
  const writer = new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com');
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [writer],
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects(`*/AWSLogs/${Stack.of(scope).account}/*`)],
    }),
  );
  acknowledge(bucket, 'S1', 'This bucket holds access logs itself.');
  return bucket;
}

function protocol({ certificate }: EdgeSpec) {
  if (certificate === undefined) return { protocol: elb.ApplicationProtocol.HTTP };
  return { protocol: elb.ApplicationProtocol.HTTPS, certificates: [certificate], sslPolicy: elb.SslPolicy.RECOMMENDED_TLS };
}

function notFound(): elb.ListenerAction {
  return elb.ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'Not found' });
}

function warnOfPlainHttp(fleet: Construct): void {
  Validations.of(fleet).addWarning(
    'cdk-mcp-fleet:plainHttp',
    'The edge has no certificate: access tokens cross the network in clear text. Give FleetEdge.internal a certificate and its domainName.',
  );
}
