import { RemovalPolicy } from 'aws-cdk-lib';

/**
 * What holds what cannot be made again is kept when it is taken out of a template, replaced, or its stack is deleted. What a first deployment has
 * made goes with it where that deployment fails (CloudFormation, `RetainExceptOnCreate`): it holds nothing yet, and the next attempt makes it anew.
 */
export const KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

/**
 * Kept, always: for what CloudFormation could not delete. A rollback that tries to ends as `ROLLBACK_FAILED`, and nothing but a deletion by
 * hand gives the name of the stack free; a leftover that is empty is the smaller harm.
 */
export const ALWAYS_KEPT = RemovalPolicy.RETAIN;
