import { customResource } from './custom-resource';
import { lambdaFunction } from './function';
import { listener } from './listener';
import { listenerRule } from './listener-rule';
import { loadBalancer } from './load-balancer';
import type { Provisioner } from './provisioner';
import { bucket, parameter, repository } from './publishing';
import { scalableTarget } from './scalable-target';
import { scheduledRule } from './scheduled-rule';
import { secret } from './secret';
import { secretAttachment } from './secret-attachment';
import { service } from './service';
import { table } from './table';
import { targetGroup } from './target-group';
import { taskDefinition } from './task-definition';

/** What `cdk bootstrap` makes to publish assets in. Elsewhere these are names: nothing of a fleet needs one that holds anything. */
const BOOTSTRAP: Readonly<Record<string, Provisioner>> = {
  'AWS::S3::Bucket': bucket,
  'AWS::ECR::Repository': repository,
  'AWS::SSM::Parameter': parameter,
};

/** The resource types that become something here. */
const PROVISIONERS: Readonly<Record<string, Provisioner>> = {
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::DynamoDB::Table': table,
  'AWS::SecretsManager::Secret': secret,
  'AWS::SecretsManager::SecretTargetAttachment': secretAttachment,
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Events::Rule': scheduledRule,
  'AWS::CloudFormation::CustomResource': customResource,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': loadBalancer,
  'AWS::ElasticLoadBalancingV2::Listener': listener,
  'AWS::ElasticLoadBalancingV2::ListenerRule': listenerRule,
  'AWS::ElasticLoadBalancingV2::TargetGroup': targetGroup,
  'AWS::ECS::TaskDefinition': taskDefinition,
  'AWS::ECS::Service': service,
  'AWS::ApplicationAutoScaling::ScalableTarget': scalableTarget,
  ...BOOTSTRAP,
};

/** Types that run, beside custom ones. */
export const SUPPORTED_TYPES: readonly string[] = Object.keys(PROVISIONERS).filter((type) => !Object.hasOwn(BOOTSTRAP, type));

/** Whether a type runs in the stack of `cdk bootstrap` alone. */
export function isBootstrapType(type: string): boolean {
  return Object.hasOwn(BOOTSTRAP, type);
}

export function provisionerOf(type: string): Provisioner | undefined {
  return PROVISIONERS[type] ?? (type.startsWith('Custom::') ? customResource : undefined);
}
