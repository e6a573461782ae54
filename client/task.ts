import type { Outcome } from '../core/outcome';
import type { Endpoint } from './endpoint';
import type { ReportedCall, TaskReport } from './report';

/** Who calls what: equal for a call and its repetition. */
export interface CallIdentity {
  readonly endpoint: Endpoint;
  readonly tool: string;
  /** Arguments in canonical form. The rounds of one call have the same, whatever answers they carry. */
  readonly content: string;
}

/** One `tools/call` and what is known of it. */
export class Call implements ReportedCall {
  key: string | undefined;
  callId: string | undefined;
  outcome: Outcome = 'unknown';
  /** Requests under this call that await their answer. */
  pending = 0;
  /** Some attempt was sent and its answer lost: from then on only the ledger can say that nothing was executed. */
  lost = false;
  /** The agent left before it had the answer. */
  abandoned = false;
  /** The JSON-RPC request that asks for it, and its session. */
  request: { readonly session: unknown; readonly id: unknown } | undefined;

  constructor(readonly identity: CallIdentity) {}

  get tool(): string {
    return this.identity.tool;
  }

  /** Notes that nobody can tell what became of an attempt. */
  lose(): void {
    this.lost = true;
    this.settle('unknown');
  }

  /** An outcome that was proven once stays; a refusal of a later attempt says nothing of one that was lost. */
  settle(outcome: Outcome, proven = false): void {
    if (this.outcome === 'confirmed' || this.outcome === 'failed') return;
    if (outcome === 'unknown') this.lost = true;
    this.outcome = outcome === 'not_executed' && this.lost && !proven ? 'unknown' : outcome;
  }
}

/** What the next identical call belongs to. */
const GOES_ON: readonly Outcome[] = ['unknown', 'input_required'];

/** The calls that one agent makes for one purpose. */
export class Task {
  private readonly calls: Call[] = [];

  constructor(readonly id: string) {}

  /**
   * A call that begins: the record of an earlier one when it is a repetition. The same key repeats a call; without one
   * so does an identical call while the earlier one is unknown, waits for input, or was left before its answer came.
   */
  begin(identity: CallIdentity, key: string | undefined): Call {
    const repeated = this.calls.find(
      (call) =>
        sameCall(call.identity, identity) &&
        call.key !== undefined &&
        (key === undefined ? call.pending === 0 && (GOES_ON.includes(call.outcome) || call.abandoned) : call.key === key),
    );
    if (repeated !== undefined) {
      repeated.abandoned = false;
      return repeated;
    }
    const call = new Call(identity);
    call.key = key;
    this.calls.push(call);
    return call;
  }

  /** Notes that the agent no longer waits for a request. */
  abandon(session: unknown, id: unknown): void {
    for (const call of this.calls) {
      if (call.pending > 0 && call.request?.session === session && call.request?.id === id) call.abandoned = true;
    }
  }

  report(): TaskReport {
    const of = (...outcomes: Outcome[]): ReportedCall[] =>
      this.calls
        .filter((call) => outcomes.includes(call.outcome))
        .map(({ key, tool, callId }) => ({ ...(key !== undefined && { key }), tool, ...(callId !== undefined && { callId }) }));
    return { confirmed: of('confirmed'), failed: of('failed'), notExecuted: of('not_executed'), unknown: of('unknown', 'input_required') };
  }
}

function sameCall(one: CallIdentity, other: CallIdentity): boolean {
  return one.endpoint === other.endpoint && one.tool === other.tool && one.content === other.content;
}
