import type { Stacks } from '../cloudformation/stacks';
import type { Machinery } from '../machinery';
import type { AwsApi } from './aws-service';
import { ecsService } from './ecs/ecs-service';
import { lambdaService } from './lambda/lambda-service';
import { logsService } from './logs-api';
import { isNamed } from './name-only';

/** Everything that whoever runs the account calls: to deploy, and to look after what is deployed. */
export function awsApi(machinery: Machinery, stacks: Stacks): AwsApi {
  const { account, services } = machinery.publishing.api(stacks, machinery.iam);
  const isNameOnly = (type: string, id: string): boolean => isNamed(stacks, type, id);
  const managed = [
    ['logs', logsService(machinery)] as const,
    ['lambda', lambdaService(machinery, isNameOnly)] as const,
    ['ecs', ecsService(machinery, isNameOnly)] as const,
  ];
  return { account, services: new Map([...services, ...managed]) };
}
