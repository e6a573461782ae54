import { FleetError } from '../../core/errors';
import { limitOf } from '../../core/granted';
import type { CallLimit } from '../../core/policy';
import type { Authorized, ToolCall } from '../call';
import type { Directory } from './directory';

const HOUR_MS = 3_600_000;
/** How long calls of a task are counted, in milliseconds after the last one. */
const TASK_MS = 7 * 24 * HOUR_MS;

export interface CallLimitParts {
  readonly directory: Directory;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Counts a call that is about to be sent, where its grant says how many there may be: one write, by whichever gateway. What answers from the
 * ledger is not counted; what is counted stays so, whatever becomes of the call.
 * @throws FleetError CALL_LIMIT, LEDGER_UNAVAILABLE: who cannot be counted is not let through
 */
export async function spendCall(call: Authorized & { readonly toolCall: ToolCall }, { directory, now }: CallLimitParts): Promise<void> {
  const { toolCall, decision, server, agentId, task } = call;
  if (toolCall.wanted !== undefined || call.lane !== 'call') return;
  const limit = limitOf(decision, toolCall.tool, toolCall.argumentsText);
  if (limit === undefined) return;
  const { span, endsAt, expiresAt } = spanOf(limit, task, now());
  const key = `calls#${server}#${agentId}#${span}#${toolCall.tool}`;
  if (await directory.count(key, limit.calls, Math.ceil(expiresAt / 1_000))) return;
  throw new FleetError('CALL_LIMIT', {
    reason: `it has made ${limit.calls} calls of "${toolCall.tool}" of "${server}" in this ${limit.per}`,
    callId: toolCall.callId,
    ...(endsAt === undefined ? { retry: 'never' as const } : { retryAfterMs: endsAt - now() }),
  });
}

/** The span that a call counts in, and for how long it is kept. @throws FleetError CALL_LIMIT without a task that it could count in */
function spanOf({ per }: CallLimit, task: string | undefined, now: number): { span: string; endsAt?: number; expiresAt: number } {
  if (per === 'hour') {
    const hour = Math.floor(now / HOUR_MS);
    const endsAt = (hour + 1) * HOUR_MS;
    return { span: `h${hour}`, endsAt, expiresAt: endsAt };
  }
  if (task !== undefined) return { span: `t${task.length}#${task}`, expiresAt: now + TASK_MS };
  throw new FleetError('CALL_LIMIT', { reason: 'calls of this tool are counted by task, and this one names none', retry: 'fix_request' });
}
