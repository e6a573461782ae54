/** `cdk-mcp-fleet/client`: what an agent's author uses. Needs nothing but the platform's `fetch`. */
export type { Clock, RecoveryBudget } from './budget';
export { RecoveryExhausted } from './exhausted';
export { type RecoveringFetch, recoveringFetch } from './recovering-fetch';
export type { PlannedCall, RecoveryOptions } from './recovery';
export type { Fetch } from './send';
export type { ReportedCall, TaskReport } from './task';
