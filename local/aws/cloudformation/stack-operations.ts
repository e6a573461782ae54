import type { Stacks } from '../../cloudformation/stacks';
import { AwsError, notImplemented } from '../aws-error';
import { page } from '../pages';
import type { QueryFields } from '../query-request';
import type { QueryOperations } from '../query-service';
import type { ObjectStore } from '../s3/object-store';
import { describeStack, summarizeStack } from './descriptions';
import { findStack, knownStack } from './known';
import { DEPLOYMENT, deploymentOf, executionOf } from './request';

export function stackOperations(stacks: Stacks, objects: ObjectStore): QueryOperations {
  const known = (request: QueryFields) => knownStack(stacks, request.required('StackName'));
  return {
    DescribeStacks: {
      takes: ['StackName', 'NextToken'],
      answer: (request) => {
        const name = request.text('StackName');
        if (name !== undefined) return { Stacks: [describeStack(knownStack(stacks, name))] };
        const there = stacks.list().filter(({ status }) => status !== 'DELETE_COMPLETE');
        const { items, nextToken } = page(there, ({ id }) => id, { list: 'DescribeStacks', token: request.text('NextToken') });
        return { Stacks: items.map(describeStack), NextToken: nextToken };
      },
    },
    ListStacks: {
      takes: ['StackStatusFilter', 'NextToken'],
      answer: (request) => {
        const statuses = request.list('StackStatusFilter');
        const asked = stacks.list().filter(({ status }) => statuses.length === 0 || statuses.includes(status));
        const list = JSON.stringify(['ListStacks', statuses]);
        const { items, nextToken } = page(asked, ({ id }) => id, { list, token: request.text('NextToken') });
        return { StackSummaries: items.map(summarizeStack), NextToken: nextToken };
      },
    },
    CreateStack: {
      takes: [...DEPLOYMENT, 'DisableRollback', 'OnFailure', 'TimeoutInMinutes', 'EnableTerminationProtection', 'RetainExceptOnCreate'],
      answer: async (request) => {
        const onFailure = request.word('OnFailure', ['ROLLBACK', 'DO_NOTHING', 'DELETE']);
        if (onFailure === 'DELETE') throw notImplemented('OnFailure DELETE of cloudformation:CreateStack');
        const name = request.required('StackName');
        if (findStack(stacks, name)) throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`);
        const execution = executionOf(request);
        const deployment = await deploymentOf(request, 'CREATE', objects);
        const { id } = await stacks.deploy(deployment, onFailure === 'DO_NOTHING' ? { ...execution, disableRollback: true } : execution);
        if (request.flag('EnableTerminationProtection') === true) stacks.setTerminationProtection(id, true);
        return { StackId: id };
      },
    },
    UpdateStack: {
      takes: [...DEPLOYMENT, 'DisableRollback', 'RetainExceptOnCreate', 'StackPolicyBody'],
      answer: async (request) => {
        known(request);
        if (request.text('StackPolicyBody') !== undefined)
          throw notImplemented('StackPolicyBody of cloudformation:UpdateStack; use SetStackPolicy');
        const { id } = await stacks.deploy(await deploymentOf(request, 'UPDATE', objects), executionOf(request));
        return { StackId: id };
      },
    },
    DeleteStack: {
      takes: ['StackName', 'RoleARN', 'ClientRequestToken', 'RetainResources', 'DeletionMode', 'DeploymentConfig'],
      answer: (request) => {
        if ((request.text('DeletionMode') ?? 'STANDARD') !== 'STANDARD') throw notImplemented('DeletionMode FORCE_DELETE_STACK');
        // Of a stack that is not there, nothing is left to delete.
        const found = findStack(stacks, request.required('StackName'));
        if (found === undefined || found.status === 'DELETE_COMPLETE') return undefined;
        if (found.terminationProtection)
          throw new AwsError('ValidationError', `Stack [${found.name}] cannot be deleted while TerminationProtection is enabled`);
        const retain = request.list('RetainResources');
        stacks.delete(found.id, { ...(retain.length > 0 && { retain }), ...tokenOf(request) });
        return undefined;
      },
    },
    RollbackStack: {
      takes: ['StackName', 'RoleARN', 'ClientRequestToken', 'RetainExceptOnCreate', 'DeploymentConfig'],
      answer: (request) => {
        const { id } = known(request);
        stacks.rollback(id, tokenOf(request));
        return { StackId: id };
      },
    },
    ContinueUpdateRollback: {
      takes: ['StackName', 'RoleARN', 'ResourcesToSkip', 'ClientRequestToken'],
      answer: (request) => {
        const { id, name, status } = known(request);
        if (status !== 'UPDATE_ROLLBACK_FAILED')
          throw new AwsError('ValidationError', `Stack:${id} is in ${status} state and can not continue update rollback: ${name}`);
        const skip = request.list('ResourcesToSkip');
        stacks.rollback(id, { ...tokenOf(request), ...(skip.length > 0 && { skip }) });
        return {};
      },
    },
    UpdateTerminationProtection: {
      takes: ['StackName', 'EnableTerminationProtection'],
      answer: (request) => {
        const { id } = known(request);
        stacks.setTerminationProtection(id, request.flag('EnableTerminationProtection') === true);
        return { StackId: id };
      },
    },
    GetStackPolicy: {
      takes: ['StackName'],
      answer: (request) => ({ StackPolicyBody: stacks.policy(known(request).id) }),
    },
    SetStackPolicy: {
      takes: ['StackName', 'StackPolicyBody'],
      answer: (request) => {
        stacks.setPolicy(known(request).id, request.required('StackPolicyBody'));
        return undefined;
      },
    },
  };
}

function tokenOf(request: QueryFields): { readonly clientToken?: string } {
  const clientToken = request.text('ClientRequestToken');
  return clientToken === undefined ? {} : { clientToken };
}
