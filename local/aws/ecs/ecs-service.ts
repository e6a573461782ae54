import { LocalAccountError } from '../../account-error';
import type { Machinery } from '../../machinery';
import { AwsError } from '../aws-error';
import type { AwsService } from '../aws-service';
import { type JsonOperations, jsonService } from '../json-service';
import type { IsNameOnly } from '../name-only';
import { serviceOperations } from './service-operations';
import { taskDefinitionOperations } from './task-definition-operations';
import { taskOperations } from './task-operations';

/** Elastic Container Service: services, tasks and task definitions are told of and changed; stacks make and remove services. */
export function ecsService(machinery: Machinery, isNameOnly: IsNameOnly): AwsService {
  const operations: JsonOperations = {
    ...serviceOperations(machinery, isNameOnly),
    ...taskDefinitionOperations(machinery, isNameOnly),
    ...taskOperations(machinery),
  };
  return jsonService('ecs', Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, refusing(operation)])));
}

/** Says what cannot be run here as ECS says what it does not run. */
function refusing(operation: JsonOperations[string]): JsonOperations[string] {
  return async (request, call) => {
    try {
      return await operation(request, call);
    } catch (error) {
      throw LocalAccountError.is(error) ? new AwsError('ClientException', error.message) : error;
    }
  };
}
