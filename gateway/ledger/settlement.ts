import { ENDINGS } from '../../core/endings';
import type { Outcome } from '../../core/ledger';
import { type Answer, type ResponseFacts, readResponse } from '../upstream/answer';
import { encodeText } from './kept-text';
import type { Settlement } from './ledger';

/** What a server's answer makes of its call. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly settlement: Settlement;
}

/**
 * A result confirms a call; a JSON-RPC error or a result with `isError` is a deterministic failure; a server that first
 * asks for input has not executed anything yet.
 * @param now milliseconds since the epoch
 * @throws FleetError OUTCOME_UNKNOWN for an answer that is no JSON-RPC response
 */
export function judge({ text, instance }: Pick<Answer, 'text' | 'instance'>, now: number): Verdict {
  const facts = readResponse(text);
  const kept = encodeText(facts.payload);
  return {
    outcome: outcomeOf(facts),
    settlement: {
      settledAt: now,
      result: kept.text,
      ...(kept.encoding !== undefined && { resultEncoding: kept.encoding }),
      ...(facts.isError && { resultIsError: true }),
      ...(instance !== undefined && { instance }),
      ...(facts.inputRequired && { reason: 'input_required' }),
    },
  };
}

function outcomeOf({ isError, toolError, inputRequired }: ResponseFacts): Outcome {
  if (inputRequired) return ENDINGS.input_required.outcome;
  return (isError || toolError ? ENDINGS.tool_error : ENDINGS.result).outcome;
}
