import type { ChangeSet, Stacks } from '../../cloudformation/stacks';
import { AwsError, notImplemented } from '../aws-error';
import { page } from '../pages';
import type { QueryOperations } from '../query-service';
import type { ObjectStore } from '../s3/object-store';
import { describeChange, describeChangeSet, keysAndValues } from './descriptions';
import { findChangeSet, knownChangeSet, knownStack } from './known';
import { requireChangeSetName } from './limits';
import { DEPLOYMENT, deploymentOf, executionOf } from './request';

export function changeSetOperations(stacks: Stacks, objects: ObjectStore): QueryOperations {
  return {
    CreateChangeSet: {
      takes: [
        ...DEPLOYMENT,
        ...[
          'ChangeSetName',
          'ChangeSetType',
          'Description',
          'ResourcesToImport',
          'ImportExistingResources',
          'OnStackFailure',
          'DeploymentMode',
        ],
      ],
      answer: async (request) => {
        if (request.text('DeploymentMode') !== undefined) throw notImplemented('DeploymentMode of cloudformation:CreateChangeSet');
        if ((request.text('OnStackFailure') ?? 'ROLLBACK') === 'DELETE') throw notImplemented('OnStackFailure DELETE');
        const name = requireChangeSetName(request.required('ChangeSetName'));
        const kind = request.word('ChangeSetType', ['CREATE', 'UPDATE', 'IMPORT']) ?? 'UPDATE';
        const deployment = await deploymentOf(request, kind, objects);
        const { id, stackId } = await stacks.createChangeSet({ ...deployment, name });
        return { Id: id, StackId: stackId };
      },
    },
    DescribeChangeSet: {
      takes: ['ChangeSetName', 'StackName', 'NextToken', 'IncludePropertyValues'],
      answer: (request) => {
        const changeSet = knownChangeSet(stacks, request);
        const list = JSON.stringify(['DescribeChangeSet', changeSet.id]);
        const { items, nextToken } = page(changeSet.changes, ({ action, logicalId }) => `${action} ${logicalId}`, {
          list,
          token: request.text('NextToken'),
        });
        return {
          ...describeChangeSet(changeSet),
          Parameters: keysAndValues(changeSet.parameters, 'ParameterKey', 'ParameterValue'),
          Tags: keysAndValues(changeSet.tags, 'Key', 'Value'),
          Capabilities: changeSet.capabilities,
          Changes: items.map(describeChange),
          NextToken: nextToken,
        };
      },
    },
    ListChangeSets: {
      takes: ['StackName', 'NextToken'],
      answer: (request) => {
        const { id } = knownStack(stacks, request.required('StackName'));
        const { items, nextToken } = page(stacks.changeSets(id), (changeSet: ChangeSet) => changeSet.id, {
          list: JSON.stringify(['ListChangeSets', id]),
          token: request.text('NextToken'),
        });
        return { Summaries: items.map(describeChangeSet), NextToken: nextToken };
      },
    },
    DeleteChangeSet: {
      takes: ['ChangeSetName', 'StackName'],
      answer: (request) => {
        const found = findChangeSet(stacks, request);
        if (found) stacks.deleteChangeSet(found.stackId, found.name);
        return undefined;
      },
    },
    ExecuteChangeSet: {
      takes: ['ChangeSetName', 'StackName', 'ClientRequestToken', 'DisableRollback', 'RetainExceptOnCreate', 'DeploymentConfig'],
      answer: (request) => {
        const { status, executionStatus, id, stackId, name } = knownChangeSet(stacks, request);
        if (status !== 'CREATE_COMPLETE' || executionStatus !== 'AVAILABLE')
          throw new AwsError(
            'InvalidChangeSetStatus',
            `ChangeSet [${id}] cannot be executed in its current status of [${status}], execution status [${executionStatus}]`,
          );
        stacks.executeChangeSet(stackId, name, executionOf(request));
        return undefined;
      },
    },
    // Hooks, and what is found early of a change set: there are none here.
    ListHookResults: { takes: ['TargetType', 'TargetId', 'NextToken'], answer: () => ({ HookResults: [] }) },
    DescribeEvents: {
      takes: ['StackName', 'ChangeSetName', 'OperationId', 'Filters', 'NextToken'],
      answer: (request) => {
        if (request.text('ChangeSetName') === undefined) throw notImplemented('cloudformation:DescribeEvents without a change set');
        knownChangeSet(stacks, request);
        return { OperationEvents: [] };
      },
    },
  };
}
