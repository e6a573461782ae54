import type { Context } from './pattern';
import { nameOf, type Principal, roleIn } from './principal';

/** Values of a request's own condition keys: one, or several. */
export type Given = Readonly<Record<string, string | readonly string[]>>;

/** What is known of every request, whatever it asks for (IAM User Guide, "AWS global condition context keys"). */
export interface Surroundings {
  readonly region: string;
  readonly now: Date;
  readonly principalTags: Readonly<Record<string, string>>;
  readonly resourceTags: Readonly<Record<string, string>>;
  /** Whose action it is: some have a key of their own for tags. */
  readonly service: string;
}

export function contextOf(
  principal: Principal,
  given: Given,
  { region, now, principalTags, resourceTags, service }: Surroundings,
): Context {
  const all: Given = {
    'aws:CurrentTime': now.toISOString(),
    'aws:EpochTime': String(Math.floor(now.getTime() / 1000)),
    'aws:RequestedRegion': region,
    // What is plain HTTP on loopback is TLS to every endpoint of AWS.
    'aws:SecureTransport': 'true',
    'aws:ViaAWSService': 'false',
    ...ofPrincipal(principal),
    ...tagged('aws:PrincipalTag/', principalTags),
    ...tagged('aws:ResourceTag/', resourceTags),
    ...tagged(`${service}:ResourceTag/`, resourceTags),
    ...given,
  };
  return new Map(Object.entries(all).map(([key, values]) => [key.toLowerCase(), [values].flat()]));
}

function ofPrincipal(principal: Principal): Given {
  if (principal.kind === 'service') {
    const account = principal.sourceArn.split(':')[4] ?? '';
    return {
      'aws:PrincipalIsAWSService': 'true',
      'aws:PrincipalServiceName': principal.service,
      'aws:SourceArn': principal.sourceArn,
      'aws:SourceAccount': account,
    };
  }
  return {
    'aws:PrincipalIsAWSService': 'false',
    'aws:PrincipalArn': principal.role,
    'aws:PrincipalAccount': roleIn(principal.role).account,
    'aws:PrincipalType': 'AssumedRole',
    'aws:userid': `AROALOCAL:${principal.session}`,
    'sts:RoleSessionName': nameOf(principal).replace(/^.*\//, ''),
  };
}

function tagged(prefix: string, tags: Readonly<Record<string, string>>): Given {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [prefix + key, value]));
}
