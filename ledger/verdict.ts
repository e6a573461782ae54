import { ENDINGS, endedBy } from '../core/endings';
import type { Era } from '../core/era';
import { FleetError } from '../core/errors';
import type { FleetConfig, ServerConfig } from '../core/fleet-config';
import { readMembers } from '../core/json-members';
import type { Outcome } from '../core/outcome';
import { type ResultFacts, resultFacts } from '../core/reading/server-message';
import type { Response } from '../core/response';
import { encodeText } from './kept-text';
import type { Settlement } from './ledger';
import type { LedgerRow } from './row';

/** What a server's answer makes of its call. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly settlement: Settlement;
  /** Id of the task by which the call goes on: then its outcome is still to come, and nothing is settled. */
  readonly openTask?: string;
}

/** A response to a call, and where it comes from. */
export interface JudgedResponse {
  readonly response: Response;
  readonly instance?: string;
}

/** What a response is judged by. */
export interface Judging {
  readonly era: Era;
  readonly serverConfig: Pick<ServerConfig, 'finalErrors'>;
  /** Whether the call may have changed something: then what bridges say for time-outs is no refusal. */
  readonly claimed: boolean;
}

/** How the answer to a recorded call is judged. */
export function judgingOf({ server, era = 'legacy', stateChanging }: LedgerRow, { servers }: Pick<FleetConfig, 'servers'>): Judging {
  return { era, serverConfig: servers[server] ?? {}, claimed: stateChanging };
}

/** Codes that bridges and frameworks say for time-outs and lost connections of their own, too. */
export const UNCERTAIN_CODES: readonly number[] = [-32_000, -32_001, -32_603];

/**
 * A result confirms a call; a JSON-RPC error or a result with `isError` is a deterministic failure; a server that first
 * asks for input claims nothing. A peer's own word that it does not know is believed, and no other.
 * @param now milliseconds since the epoch
 * @throws FleetError OUTCOME_UNKNOWN for an answer that tells nothing
 */
export async function judge({ response, instance }: JudgedResponse, judging: Judging, now: number): Promise<Verdict> {
  const { outcome, openTask } = outcomeOf(response, judging);
  const kept = await encodeText(response.payload);
  return {
    outcome,
    ...(openTask !== undefined && { openTask }),
    settlement: {
      ...(openTask === undefined && { settledAt: now }),
      result: kept.text,
      ...(kept.encoding !== undefined && { resultEncoding: kept.encoding }),
      ...(response.member === 'error' && { resultIsError: true }),
      ...(instance !== undefined && { instance }),
      ...(outcome === 'input_required' && { reason: 'input_required' }),
    },
  };
}

/** Whether a response tells what became of its call. */
export function tells({ response }: JudgedResponse, judging: Judging): boolean {
  try {
    outcomeOf(response, judging);
    return true;
  } catch (error) {
    if (FleetError.is(error) && error.kind === 'OUTCOME_UNKNOWN') return false;
    throw error;
  }
}

type Judged = Pick<Verdict, 'outcome' | 'openTask'>;

function outcomeOf({ member, payload }: Response, judging: Judging): Judged {
  return member === 'error' ? outcomeOfError(payload, judging) : outcomeOfResult(payload, judging);
}

function outcomeOfResult(payload: string, { era }: Judging): Judged {
  const facts: ResultFacts = resultFacts(payload, era);
  if (facts.unknownType !== undefined) throw endedBy('no_response', `nobody can tell what the resultType "${facts.unknownType}" means`);
  if (facts.inputRequired) return { outcome: ENDINGS.input_required.outcome };
  if (facts.taskId !== undefined) return { outcome: ENDINGS.task.outcome, openTask: facts.taskId };
  return { outcome: (facts.toolError ? ENDINGS.tool_error : ENDINGS.result).outcome };
}

function outcomeOfError(payload: string, { claimed, serverConfig: { finalErrors = [] } }: Judging): Judged {
  const error = readMembers(payload);
  const code = Number(error.get('code'));
  const peer = readMembers(error.get('data')).get('outcome');
  if (claimed && peer === '"unknown"') throw endedBy('peer_unknown', 'the server itself does not know what became of it');
  if (claimed && UNCERTAIN_CODES.includes(code) && !finalErrors.includes(code)) {
    throw endedBy('uncertain_error', `the server answered ${code}, which also stands for a time-out`, {
      data: { serverSaid: parseBounded(payload) },
    });
  }
  return { outcome: ENDINGS.tool_error.outcome };
}

const TOLD_ERROR_LIMIT = 4_096;

/** The server's own words, for whoever looks into it. */
function parseBounded(payload: string): unknown {
  return payload.length <= TOLD_ERROR_LIMIT ? JSON.parse(payload) : 'too long to be told';
}
