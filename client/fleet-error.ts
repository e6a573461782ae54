import { ERRORS, type ErrorName, type Retry } from '../core/errors';
import type { Outcome } from '../core/outcome';
import { STAMP_KEY } from '../core/stamp';
import type { Message } from './message';

/** `error.data` of an error that a fleet's gateway made. */
export interface FleetErrorData {
  readonly error: ErrorName;
  readonly outcome: Outcome;
  readonly retry: Retry;
  readonly reason?: string;
  readonly callId?: string;
  readonly retryAfterMs?: number;
}

/** What a gateway says of a call, in an error or in the stamp of a result. */
export interface Verdict {
  readonly callId?: string;
  readonly outcome: Outcome;
}

export function fleetError(message: Message | undefined): FleetErrorData | undefined {
  const data = message?.error?.data;
  return typeof data?.error === 'string' && Object.hasOwn(ERRORS, data.error) && typeof data.retry === 'string'
    ? (data as unknown as FleetErrorData)
    : undefined;
}

/** What an answer says of its call: by a gateway's word, else by what JSON-RPC and MCP mean. */
export function verdictOf(message: Message): Verdict {
  const error = fleetError(message);
  if (error !== undefined) return error;
  const stamp = message.result?._meta?.[STAMP_KEY] as Partial<Verdict> | undefined;
  // Of a call that goes on as a task the outcome is still to come.
  if (stamp !== undefined) return { ...stamp, outcome: stamp.outcome ?? 'unknown' };
  return { outcome: message.error !== undefined || message.result?.isError === true ? 'failed' : 'confirmed' };
}

/** Whether an answer can only have come from a fleet's gateway. */
export function isFleetAnswer(message: Message | undefined): boolean {
  return fleetError(message) !== undefined || message?.result?._meta?.[STAMP_KEY] !== undefined;
}
