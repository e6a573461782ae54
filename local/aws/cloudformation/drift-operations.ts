import { randomUUID } from 'node:crypto';
import type { Stacks } from '../../cloudformation/stacks';
import { AwsError } from '../aws-error';
import { page } from '../pages';
import type { QueryOperations } from '../query-service';
import { knownStack } from './known';

/** Detections are remembered as long as somebody may ask. */
const MOST_DETECTIONS = 1000;

/** Drift: nobody changes a resource of the local account but its stack, so that each is as its template says. */
export function driftOperations(stacks: Stacks): QueryOperations {
  const detections = new Map<string, { readonly stackId: string; readonly at: Date }>();
  return {
    DetectStackDrift: {
      takes: ['StackName', 'LogicalResourceIds'],
      answer: (request) => {
        const { id: stackId } = knownStack(stacks, request.required('StackName'));
        const id = randomUUID();
        detections.set(id, { stackId, at: new Date() });
        if (detections.size > MOST_DETECTIONS) detections.delete([...detections.keys()][0] as string);
        return { StackDriftDetectionId: id };
      },
    },
    DescribeStackDriftDetectionStatus: {
      takes: ['StackDriftDetectionId'],
      answer: (request) => {
        const id = request.required('StackDriftDetectionId');
        const found = detections.get(id);
        if (!found) throw new AwsError('ValidationError', `There is no drift detection ${id}.`);
        return {
          StackId: found.stackId,
          StackDriftDetectionId: id,
          StackDriftStatus: 'IN_SYNC',
          DetectionStatus: 'DETECTION_COMPLETE',
          DriftedStackResourceCount: 0,
          Timestamp: found.at,
        };
      },
    },
    DescribeStackResourceDrifts: {
      takes: ['StackName', 'StackResourceDriftStatusFilters', 'NextToken', 'MaxResults'],
      answer: (request) => {
        const { id } = knownStack(stacks, request.required('StackName'));
        const statuses = request.list('StackResourceDriftStatusFilters');
        const asked = statuses.length === 0 || statuses.includes('IN_SYNC') ? stacks.resources(id) : [];
        const list = JSON.stringify(['DescribeStackResourceDrifts', id, statuses]);
        const { items, nextToken } = page(asked, ({ logicalId }) => logicalId, { list, token: request.text('NextToken') });
        return {
          StackResourceDrifts: items.map(({ logicalId, physicalId, type, at }) => ({
            StackId: id,
            LogicalResourceId: logicalId,
            PhysicalResourceId: physicalId,
            ResourceType: type,
            PropertyDifferences: [],
            StackResourceDriftStatus: 'IN_SYNC',
            Timestamp: at,
          })),
          NextToken: nextToken,
        };
      },
    },
  };
}
