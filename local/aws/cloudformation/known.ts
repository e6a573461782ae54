import type { ChangeSet, StackDescription, Stacks } from '../../cloudformation/stacks';
import { AwsError } from '../aws-error';
import type { QueryFields } from '../query-request';
import { isArn, requireChangeSet, requireStack } from './limits';

/** The stack of a name or an ARN; one that was deleted goes by its ARN alone. */
export function findStack(stacks: Stacks, nameOrArn: string): StackDescription | undefined {
  const found = stacks.find(requireStack(nameOrArn));
  return found?.status === 'DELETE_COMPLETE' && !isArn(nameOrArn) ? undefined : found;
}

/** @throws AwsError as DescribeStacks says it of a stack that is not there; clients compare these very words */
export function knownStack(stacks: Stacks, nameOrArn: string): StackDescription {
  const found = findStack(stacks, nameOrArn);
  if (found) return found;
  throw new AwsError('ValidationError', `Stack with id ${nameOrArn} does not exist`);
}

/** The change set that `ChangeSetName` and `StackName` name; by its ARN it needs no stack. */
export function findChangeSet(stacks: Stacks, request: QueryFields): ChangeSet | undefined {
  const name = requireChangeSet(request.required('ChangeSetName'));
  const stack = request.text('StackName');
  if (stack === undefined && !isArn(name))
    throw new AwsError('ValidationError', 'StackName must be specified if ChangeSetName is not specified as an ARN.');
  const within = stack === undefined ? stacks.list() : [knownStack(stacks, stack)];
  if (!isArn(name)) return stacks.changeSet(within[0]?.id ?? '', name);
  return within.flatMap(({ id }) => stacks.changeSets(id)).find(({ id }) => id === name);
}

export function knownChangeSet(stacks: Stacks, request: QueryFields): ChangeSet {
  const found = findChangeSet(stacks, request);
  if (found) return found;
  throw new AwsError('ChangeSetNotFound', `ChangeSet [${request.text('ChangeSetName')}] does not exist`, 404);
}
