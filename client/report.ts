import type { Outcome } from '../core/outcome';

export type { Outcome };

/** One tool call in a report. */
export interface ReportedCall {
  /** Idempotency key; absent for a tool that says it changes nothing. Ask again with it, or look it up in the ledger. */
  readonly key?: string;
  readonly tool: string;
  /** The call's id in the fleet's ledger, once an answer named it. */
  readonly callId?: string;
}

/** What became of the calls of a task. A call that still runs, or whose server still waits for input, is `unknown`. */
export interface TaskReport {
  readonly confirmed: readonly ReportedCall[];
  readonly failed: readonly ReportedCall[];
  readonly notExecuted: readonly ReportedCall[];
  readonly unknown: readonly ReportedCall[];
}
