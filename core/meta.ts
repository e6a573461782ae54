/** `_meta` members of ours that an agent may send with a request. */

/** The caller's idempotency key; see also `IDEMPOTENCY_KEY_HEADER`. */
export const KEY_META = 'cdk-mcp-fleet/idempotencyKey';
/** Id of the agent's task; see also `TASK_HEADER`. */
export const TASK_META = 'cdk-mcp-fleet/taskId';
