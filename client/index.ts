/** `cdk-mcp-fleet/client`: what an agent's author uses. Needs nothing but the platform's `fetch`. */
export { RecoveryExhausted } from './exhausted';
export type { Clock, PlannedCall, RecoveryBudget, RecoveryOptions } from './options';
export type { Fetch } from './platform';
export { type RecoveringFetch, recoveringFetch } from './recovering-fetch';
export type { Outcome, ReportedCall, TaskReport } from './report';
