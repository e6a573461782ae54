import type { Outcome, ReportedCall, TaskReport } from './report';

const BRAND = Symbol.for('cdk-mcp-fleet.RecoveryExhausted');
/** What `error.data.error` says where the error had to travel as JSON-RPC. */
export const EXHAUSTED = 'RECOVERY_EXHAUSTED';

export interface ExhaustedDetail {
  /** One sentence: what was given up and why. */
  readonly reason: string;
  /** What became of the request that was given up. */
  readonly outcome: Outcome;
  /** The call that was given up; absent for another request. */
  readonly call?: ReportedCall;
  /** How often it was sent. */
  readonly attempts: number;
  /** All calls of the task. */
  readonly report: TaskReport;
}

/** Recovery of a request was given up. The lists name every call of the task, so that an agent can say what is done and what is not. */
export class RecoveryExhausted extends Error {
  readonly [BRAND] = true;
  override readonly name = 'RecoveryExhausted';
  readonly confirmed: readonly ReportedCall[];
  readonly failed: readonly ReportedCall[];
  readonly notExecuted: readonly ReportedCall[];
  readonly unknown: readonly ReportedCall[];
  readonly outcome: Outcome;
  readonly call?: ReportedCall;
  readonly attempts: number;

  constructor(detail: ExhaustedDetail, options?: { cause?: unknown }) {
    super(detail.reason, options);
    ({ confirmed: this.confirmed, failed: this.failed, notExecuted: this.notExecuted, unknown: this.unknown } = detail.report);
    this.outcome = detail.outcome;
    this.attempts = detail.attempts;
    if (detail.call !== undefined) this.call = detail.call;
  }

  /**
   * Finds it in what a client threw: the error itself, one of its causes, or the JSON-RPC error in which it travelled
   * because an answer had begun to stream. Holds also across two copies of this package.
   */
  static from(error: unknown): RecoveryExhausted | undefined {
    for (let at = error; typeof at === 'object' && at !== null; at = (at as { cause?: unknown }).cause) {
      if (BRAND in at) return at as RecoveryExhausted;
      const { data, message } = at as { data?: Partial<ExhaustedDetail> & { error?: unknown }; message?: string };
      if (data?.error === EXHAUSTED)
        return new RecoveryExhausted({ ...(data as ExhaustedDetail), reason: message ?? EXHAUSTED }, { cause: at });
    }
    return undefined;
  }
}
