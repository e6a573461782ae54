/** Members of `params._meta` that an agent may send, and that the gateway reads. */

/** The caller's idempotency key: 1 to 255 bytes. */
export const KEY_META = 'cdk-mcp-fleet/idempotencyKey';
/** Unit of the agent's work. */
export const TASK_META = 'cdk-mcp-fleet/taskId';
