import { CloudFormationError, type Stacks } from '../../cloudformation/stacks';
import { AwsError } from '../aws-error';
import type { AwsService } from '../aws-service';
import { type QueryOperation, type QueryOperations, queryService } from '../query-service';
import type { ObjectStore } from '../s3/object-store';
import { changeSetOperations } from './change-set-operations';
import { driftOperations } from './drift-operations';
import { resourceOperations } from './resource-operations';
import { stackOperations } from './stack-operations';
import { templateOperations } from './template-operations';
import { typeOperations } from './type-operations';

/** CloudFormation: its API over the stacks of the account. */
export function cloudFormationService(stacks: Stacks, objects: ObjectStore): AwsService {
  const operations: QueryOperations = {
    ...stackOperations(stacks, objects),
    ...changeSetOperations(stacks, objects),
    ...resourceOperations(stacks),
    ...templateOperations(stacks, objects),
    ...driftOperations(stacks),
    ...typeOperations,
  };
  return queryService({
    name: 'cloudformation',
    namespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
    operations: Object.fromEntries(Object.entries(operations).map(([action, operation]) => [action, refusing(operation)])),
  });
}

/** Says what stacks refuse as the protocol says it. */
function refusing({ takes, answer }: QueryOperation): QueryOperation {
  return {
    takes,
    answer: async (request, call) => {
      try {
        return await answer(request, call);
      } catch (error) {
        if (!(error instanceof CloudFormationError)) throw error;
        throw new AwsError(error.code, error.message, error.code === 'ChangeSetNotFound' ? 404 : 400);
      }
    },
  };
}
