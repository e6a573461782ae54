/** `cdk-mcp-fleet/client`: what an agent's author uses. Needs nothing but the platform's `fetch`. */
export type { Clock, RecoveryBudget } from './budget';
export { RecoveryExhausted } from './exhausted';
export type { PlannedCall, RecoveryOptions } from './options';
export type { Fetch } from './platform';
export { type RecoveringFetch, recoveringFetch } from './recovering-fetch';
export type { Outcome, ReportedCall, TaskReport } from './report';
