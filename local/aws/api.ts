import type { Stacks } from '../cloudformation/stacks';
import type { Machinery } from '../machinery';
import type { AwsApi } from './aws-service';
import { ecsService } from './ecs/ecs-service';
import { lambdaService } from './lambda/lambda-service';

/** Everything that whoever runs the account calls: to deploy, and to look after what is deployed. */
export function awsApi(machinery: Machinery, stacks: Stacks): AwsApi {
  const { account, services } = machinery.publishing.api(stacks);
  return { account, services: new Map([...services, ['lambda', lambdaService(machinery)], ['ecs', ecsService(machinery)]]) };
}
