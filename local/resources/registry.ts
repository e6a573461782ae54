import { alarm } from './alarm';
import { apiAnswer, apiAuthorizer, apiMethod } from './api-method';
import { apiStage } from './api-stage';
import { bucket } from './bucket';
import { customResource } from './custom-resource';
import { eventSourceMapping } from './event-source-mapping';
import { lambdaFunction } from './function';
import { listener } from './listener';
import { listenerRule } from './listener-rule';
import { loadBalancer } from './load-balancer';
import type { Provisioner } from './provisioner';
import { parameter, repository } from './publishing';
import { apiDeployment, apiResource, restApi } from './rest-api';
import { rotationSchedule } from './rotation-schedule';
import { scalableTarget } from './scalable-target';
import { scalingPolicy } from './scaling-policy';
import { scheduledRule } from './scheduled-rule';
import { secret } from './secret';
import { secretAttachment } from './secret-attachment';
import { service } from './service';
import { table } from './table';
import { targetGroup } from './target-group';
import { taskDefinition } from './task-definition';

/** What `cdk bootstrap` makes to publish assets in, beside a bucket. Elsewhere these are names: nothing of a fleet needs one that holds anything. */
const BOOTSTRAP: Readonly<Record<string, Provisioner>> = {
  'AWS::ECR::Repository': repository,
  'AWS::SSM::Parameter': parameter,
};

/** The resource types that become something here. */
const PROVISIONERS: Readonly<Record<string, Provisioner>> = {
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::DynamoDB::Table': table,
  'AWS::S3::Bucket': bucket,
  'AWS::SecretsManager::Secret': secret,
  'AWS::SecretsManager::SecretTargetAttachment': secretAttachment,
  'AWS::SecretsManager::RotationSchedule': rotationSchedule,
  'AWS::Lambda::Function': lambdaFunction,
  'AWS::Lambda::EventSourceMapping': eventSourceMapping,
  'AWS::Events::Rule': scheduledRule,
  'AWS::CloudFormation::CustomResource': customResource,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': loadBalancer,
  'AWS::ElasticLoadBalancingV2::Listener': listener,
  'AWS::ElasticLoadBalancingV2::ListenerRule': listenerRule,
  'AWS::ElasticLoadBalancingV2::TargetGroup': targetGroup,
  'AWS::ApiGateway::RestApi': restApi,
  'AWS::ApiGateway::Resource': apiResource,
  'AWS::ApiGateway::Method': apiMethod,
  'AWS::ApiGateway::Authorizer': apiAuthorizer,
  'AWS::ApiGateway::GatewayResponse': apiAnswer,
  'AWS::ApiGateway::Deployment': apiDeployment,
  'AWS::ApiGateway::Stage': apiStage,
  'AWS::ECS::TaskDefinition': taskDefinition,
  'AWS::ECS::Service': service,
  'AWS::ApplicationAutoScaling::ScalableTarget': scalableTarget,
  'AWS::ApplicationAutoScaling::ScalingPolicy': scalingPolicy,
  'AWS::CloudWatch::Alarm': alarm,
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
