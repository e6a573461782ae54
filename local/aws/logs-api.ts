import { AwsError } from './aws-error';
import type { AwsService } from './aws-service';
import { jsonService, textOf } from './json-service';

/**
 * CloudWatch Logs: no group of it exists here, for what programs write is in files. `cdk watch` asks for the lines of every group
 * all the time, and takes this for an answer.
 */
export const logsService: AwsService = jsonService('logs', {
  FilterLogEvents: (request) => {
    const group = textOf(request, 'logGroupName') ?? textOf(request, 'logGroupIdentifier') ?? '';
    throw new AwsError(
      'ResourceNotFoundException',
      `The specified log group does not exist: ${group}. What programs of the local account write, \`mcp-fleet logs\` tells.`,
    );
  },
});
