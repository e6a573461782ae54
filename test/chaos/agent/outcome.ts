import type { CallStamp, ErrorData } from '../../../checks/agent-client';
import { RecoveryExhausted } from '../../../client/exhausted';
import type { Told } from '../messages';
import { saysDeclined, saysDone } from '../tools';

type Outcome = Pick<Told, 'outcome' | 'callId' | 'replayed' | 'foreign' | 'error'>;

interface CallResult {
  readonly isError?: boolean;
  readonly content?: readonly { readonly text?: string }[];
  readonly _meta?: Readonly<Record<string, unknown>>;
}

const STAMP_MEMBER = 'cdk-mcp-fleet/call';
const OUTCOMES = ['confirmed', 'failed', 'not_executed', 'unknown'] as const;

/** What a result says of its call, if it is the result of this one. */
export function readResult(result: unknown, reference: string): Outcome {
  const { isError, content, _meta } = result as CallResult;
  const stamp = _meta?.[STAMP_MEMBER] as CallStamp | undefined;
  const expected = isError === true ? saysDeclined(reference) : saysDone(reference);
  return {
    outcome: isError === true ? 'failed' : 'confirmed',
    ...(content?.[0]?.text !== expected && { foreign: true }),
    ...(stamp !== undefined && { callId: stamp.callId, replayed: stamp.replayed }),
  };
}

/** What an error says of its call, if anything. */
export function readFailure(error: unknown): Outcome {
  const exhausted = RecoveryExhausted.from(error);
  if (exhausted !== undefined) {
    const { callId } = exhausted.call ?? {};
    const outcome = OUTCOMES.find((known) => known === exhausted.outcome) ?? 'nothing';
    // Its words name the last refusal: a call that only the ledger's absence kept from running has no row, and needs none.
    const [, last = exhausted.name] = /\(([A-Z_]+): /.exec(exhausted.message) ?? [];
    return { outcome, error: last, ...(callId !== undefined && { callId }) };
  }
  const { data, message = String(error) } = error as { readonly data?: ErrorData; readonly message?: string };
  const outcome = OUTCOMES.find((known) => known === data?.outcome) ?? 'nothing';
  return { outcome, error: data?.error ?? message.slice(0, 120), ...(data?.callId !== undefined && { callId: data.callId }) };
}
