import { Token } from 'aws-cdk-lib';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { Problem } from './problems';

/** Points the edge's domain name at where agents enter. */
export function edgeRecord(scope: Construct, zone: route53.IHostedZone, domainName: string, target: route53.IAliasRecordTarget): void {
  new route53.ARecord(scope, 'Record', { zone, recordName: domainName, target: route53.RecordTarget.fromAlias(target) });
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
