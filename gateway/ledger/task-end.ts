import { FleetError } from '../../core/errors';
import { readMembers } from '../../core/json-members';
import type { Response } from '../../core/response';
import { encodeText } from '../../ledger/kept-text';
import { type Judging, judge, type Verdict } from '../../ledger/verdict';

/** What a server says of a task: its answer to `tasks/get` or `tasks/result`, or what it tells unasked (`notifications/tasks`). */
export interface TaskNews {
  readonly method: string;
  readonly taskId: unknown;
  /** For a notification its params, as a result. */
  readonly response: Response;
}

/** How a task ended: with the response to its call, or without one. */
export type TaskEnd = { readonly kind: 'answered'; readonly response: Response } | { readonly kind: 'cancelled'; readonly payload: string };

/** The code that a server gives for a task it does not know, or that has not ended (MCP 2025-11-25, tasks § Error handling). */
const INVALID_PARAMS = -32_602;

/**
 * The response to the call of a task, where it is said. A status alone is none: in the legacy era the response is what `tasks/result`
 * answers (MCP 2025-11-25, tasks § Result retrieval), in the modern one it stands within the task (SEP-2663).
 * @returns undefined while the task goes on, or as long as nobody has said how it ended
 */
export function endOf({ method, response }: TaskNews): TaskEnd | undefined {
  if (method === 'tasks/result') return isResponseOfCall(response) ? { kind: 'answered', response } : undefined;
  if (response.member === 'error') return undefined;
  const task = readMembers(response.payload);
  const status = task.get('status');
  if (status === '"cancelled"') return { kind: 'cancelled', payload: response.payload };
  const [result = '', error = ''] = [task.get('result'), task.get('error')];
  if (status === '"completed"' && result[0] === '{') return { kind: 'answered', response: { member: 'result', payload: result } };
  if (status === '"failed"' && error[0] === '{') return { kind: 'answered', response: { member: 'error', payload: error } };
  return undefined;
}

function isResponseOfCall({ member, payload }: Response): boolean {
  return member === 'result' || Number(readMembers(payload).get('code')) !== INVALID_PARAMS;
}

/**
 * What the end of a task makes of its call: what the same response would have made of it at once. Who cancels a task cannot
 * know what it has done before.
 * @returns undefined where the response is no end: it asks for input, or names another task
 */
export async function verdictOf(end: TaskEnd, judging: Judging, now: number): Promise<Verdict | undefined> {
  if (end.kind === 'cancelled') {
    const { text, encoding } = await encodeText(end.payload);
    const kept = { result: text, ...(encoding !== undefined && { resultEncoding: encoding }) };
    return { outcome: 'unknown', settlement: { settledAt: now, reason: 'its task was cancelled', ...kept } };
  }
  try {
    const verdict = await judge({ response: end.response }, judging, now);
    return verdict.openTask !== undefined || verdict.outcome === 'input_required' ? undefined : verdict;
  } catch (error) {
    if (!FleetError.is(error) || error.kind !== 'OUTCOME_UNKNOWN') throw error;
    return { outcome: 'unknown', settlement: { settledAt: now, reason: error.detail.reason ?? 'its task ended without an answer' } };
  }
}
