import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/** How a load balancer speaks to gateways and sidecars. */
export function targetProtocol(targetTls: boolean): elb.ApplicationProtocol {
  return targetTls ? elb.ApplicationProtocol.HTTPS : elb.ApplicationProtocol.HTTP;
}

/** How it asks for their health. By default it asks in plain HTTP, whatever it speaks otherwise (CreateTargetGroup, HealthCheckProtocol). */
export function healthProtocol(targetTls: boolean): Pick<elb.HealthCheck, 'protocol'> {
  return targetTls ? { protocol: elb.Protocol.HTTPS } : {};
}
