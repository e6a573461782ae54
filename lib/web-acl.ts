import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { matching, type Problem } from './problems';

/** A web ACL of a region; those for CloudFront are `global` (AWS WAF, "ARNs"). */
const REGIONAL = /^arn:[\w-]+:wafv2:[\w-]+:\d{12}:regional\/webacl\/[\w-]+\/[\w-]+$/;

export function webAclProblems(what: string, arn: string | undefined): Problem[] {
  const allowed = 'the ARN of a web ACL of a region, arn:aws:wafv2:REGION:ACCOUNT:regional/webacl/NAME/ID';
  return matching(what, arn, REGIONAL, allowed, 'One for CloudFront is global, and guards no load balancer and no API: make another.');
}

/** Has a web ACL judge what comes to a load balancer, or to a stage of an API. A resource has one at most (AWS WAF quotas). */
export function associateWebAcl(scope: Construct, resourceArn: string, webAclArn: string): void {
  new wafv2.CfnWebACLAssociation(scope, 'WebAcl', { resourceArn, webAclArn });
}
