import { Token } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as targets from 'aws-cdk-lib/aws-route53-targets';
import type { Construct } from 'constructs';
import type { Problem } from './problems';

/** Points the edge's domain name at where agents enter: at nothing of ours where they enter by a listener of the company. */
export function edgeRecord(scope: Construct, zone: route53.IHostedZone, domainName: string, { api, balancer }: Entries): void {
  const alias = api !== undefined ? new targets.ApiGateway(api) : balancer && new targets.LoadBalancerTarget(balancer);
  if (alias === undefined) return;
  new route53.ARecord(scope, 'Record', { zone, recordName: domainName, target: route53.RecordTarget.fromAlias(alias) });
}

interface Entries {
  readonly api: apigateway.RestApi | undefined;
  readonly balancer: elb.ApplicationLoadBalancer | undefined;
}

/** A name of another zone would silently become one below this: `mcp.acme.example.other.example`. */
export function recordProblems(domainName: string | undefined, zone: route53.IHostedZone | undefined): Problem[] {
  if (zone === undefined) return [];
  const fix = 'Give the zone that the name is in, or leave hostedZone out and point the name at the edge yourself.';
  if (domainName === undefined) return [{ what: 'edge hostedZone', got: zone, allowed: 'one beside a domainName', fix }];
  const name = zone.zoneName;
  if (Token.isUnresolved(name) || Token.isUnresolved(domainName) || domainName === name || domainName.endsWith(`.${name}`)) return [];
  return [{ what: 'edge hostedZone', got: name, allowed: `a zone that ${domainName} is in`, fix }];
}
