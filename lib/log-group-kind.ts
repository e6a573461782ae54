import { having } from './kinds';

export const LOG_GROUP = having('logGroupName', 'a log group', 'Write LogGroup.fromLogGroupName(…), or make one, of aws-cdk-lib.');
