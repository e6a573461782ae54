import type { StackDescription, Stacks } from '../../cloudformation/stacks';
import { AwsError } from '../aws-error';
import { page } from '../pages';
import type { QueryFields } from '../query-request';
import type { QueryOperations } from '../query-service';
import { describeEvent, describeResource, summarizeResource } from './descriptions';
import { knownStack } from './known';

export function resourceOperations(stacks: Stacks): QueryOperations {
  const known = (request: QueryFields): StackDescription => knownStack(stacks, request.required('StackName'));
  return {
    DescribeStackEvents: {
      takes: ['StackName', 'NextToken'],
      answer: (request) => {
        const { id } = known(request);
        const list = JSON.stringify(['DescribeStackEvents', id]);
        const { items, nextToken } = page(stacks.events(id), (event) => event.id, { list, token: request.text('NextToken') });
        return { StackEvents: items.map(describeEvent), NextToken: nextToken };
      },
    },
    ListStackResources: {
      takes: ['StackName', 'NextToken'],
      answer: (request) => {
        const { id } = known(request);
        const list = JSON.stringify(['ListStackResources', id]);
        const { items, nextToken } = page(stacks.resources(id), ({ logicalId }) => logicalId, { list, token: request.text('NextToken') });
        return { StackResourceSummaries: items.map(summarizeResource), NextToken: nextToken };
      },
    },
    DescribeStackResources: {
      takes: ['StackName', 'LogicalResourceId', 'PhysicalResourceId'],
      answer: (request) => {
        const stack = stackOfResources(stacks, request);
        const logicalId = request.text('LogicalResourceId');
        const asked = stacks.resources(stack.id).filter((resource) => logicalId === undefined || resource.logicalId === logicalId);
        return { StackResources: asked.map((resource) => describeResource(resource, stack)) };
      },
    },
    DescribeStackResource: {
      takes: ['StackName', 'LogicalResourceId'],
      answer: (request) => {
        const { id, name } = known(request);
        const logicalId = request.required('LogicalResourceId');
        const found = stacks.resources(id).find((resource) => resource.logicalId === logicalId);
        if (!found) throw new AwsError('ValidationError', `Resource ${logicalId} does not exist for stack ${name}`);
        return { StackResourceDetail: { StackName: name, StackId: id, ...summarizeResource(found) } };
      },
    },
    ListExports: {
      takes: ['NextToken'],
      answer: (request) => {
        const { items, nextToken } = page(stacks.exports(), ({ name }) => name, { list: 'ListExports', token: request.text('NextToken') });
        return {
          Exports: items.map(({ stackId, name, value }) => ({ ExportingStackId: stackId, Name: name, Value: value })),
          NextToken: nextToken,
        };
      },
    },
    ListImports: {
      takes: ['ExportName', 'NextToken'],
      answer: (request) => {
        const name = request.required('ExportName');
        const importing = stacks.importers(name);
        if (importing.length === 0) throw new AwsError('ValidationError', `Export '${name}' is not imported by any stack.`);
        const list = JSON.stringify(['ListImports', name]);
        const { items, nextToken } = page(importing, (stack) => stack, { list, token: request.text('NextToken') });
        return { Imports: items, NextToken: nextToken };
      },
    },
  };
}

/** By its name, or by the id of anything in it. */
function stackOfResources(stacks: Stacks, request: QueryFields): StackDescription {
  const physicalId = request.text('PhysicalResourceId');
  if (physicalId === undefined) return knownStack(stacks, request.required('StackName'));
  const found = stacks.list().find(({ id }) => stacks.resources(id).some((resource) => resource.physicalId === physicalId));
  if (found) return found;
  throw new AwsError('ValidationError', `Stack for ${physicalId} does not exist`);
}
