import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IdentityConfig } from '../core/fleet-config';
import type { Problem } from './problems';

/** Characters of an issuer and of the address of its keys (ElasticLoadBalancingV2, JwtValidationActionConfig). */
const LONGEST = 256;

/**
 * Has the load balancer look at tokens before the gateway does. A request without one goes on to the gateway, which alone can say where
 * to get one (RFC 9728), and so does a preflight, which has none.
 */
export function checkTokens(listener: elb.IApplicationListener, { issuer, jwksUri = '' }: IdentityConfig, next: elb.ListenerAction): void {
  new elb.ApplicationListenerRule(listener, 'Tokens', {
    listener,
    priority: 1,
    conditions: [elb.ListenerCondition.httpHeader('Authorization', ['*'])],
    action: elb.ListenerAction.authenticateJwt({ issuer, jwksEndpoint: jwksUri, next }),
  });
  listener.connections.allowTo(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), "The issuer's keys");
}

/** Of an identity whose tokens a load balancer cannot check. */
export function tokenCheckProblems({ issuer, jwksUri }: IdentityConfig): Problem[] {
  if (jwksUri === undefined) {
    const allowed = 'the address of the keys, with jwtVerification: a load balancer does not discover it';
    return [{ what: 'identity jwksUri', got: jwksUri, allowed, fix: "Write the `jwks_uri` of your issuer's discovery document." }];
  }
  const fix = 'Leave jwtVerification out: the gateway verifies tokens in any case.';
  return Object.entries({ issuer, jwksUri })
    .filter(([, text]) => text.length > LONGEST)
    .map(([name, text]) => ({ what: `identity ${name}`, got: text, allowed: `at most ${LONGEST} characters, with jwtVerification`, fix }));
}
