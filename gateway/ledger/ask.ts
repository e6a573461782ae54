import { FleetError } from '../../core/errors';
import { isKey, KEY_LIMIT_BYTES } from '../../core/key-demand';
import { isObject, type RequestMessage } from '../../core/message';
import type { Response } from '../../core/response';
import { judge } from '../../ledger/verdict';
import type { Claimed, Forwarded } from '../call';
import { type OutcomeReport, type ReportParts, reportOutcome } from './outcome-report';

export interface AskParts extends ReportParts {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Answers a call of the gateway's own tool from the ledger. The row of it keeps the facts that were told and not the
 * result: that stands in the row that was asked for, and would grow with every question about a question.
 */
export async function answerAsk(ask: Claimed, parts: AskParts): Promise<Pick<Forwarded, 'answer' | 'verdict'>> {
  const message = ask.message as RequestMessage;
  const told = await tell(ask, message, parts);
  const judging = { era: message.era, serverConfig: ask.serverConfig, claimed: false };
  const verdict = await judge({ response: responseOf(message, { ...told, whole: told.facts }) }, judging, parts.now());
  return { answer: { status: 200, response: responseOf(message, told), headers: {} }, verdict };
}

/** What the agent is told; `failure` where there is nothing to tell, in words that say what to do. */
interface Told extends OutcomeReport {
  readonly failure?: string;
}

async function tell(ask: Claimed, { params }: RequestMessage, parts: ReportParts): Promise<Told> {
  const key = isObject(params.arguments) ? params.arguments.key : undefined;
  if (!isKey(key)) {
    return failed(ask.server, `"key" must be a string of 1 to ${KEY_LIMIT_BYTES} bytes: the idempotency key or the call id of a call.`);
  }
  try {
    return await reportOutcome(ask, key, parts);
  } catch (error) {
    if (!FleetError.is(error) || error.kind !== 'UNKNOWN_CALL') throw error;
    return failed(ask.server, noSuchCall(key, ask.server));
  }
}

function noSuchCall(key: string, server: string): string {
  return (
    `No call of yours is recorded on "${server}" under ${JSON.stringify(key)}. A call that had an idempotency key is found by that key, ` +
    'any other by its call id, and both only on the server where it was made. If you are sure of the idempotency key, the call may ' +
    'not have arrived: make it again with the very same key and arguments, for one key is never executed twice.'
  );
}

/** A request that is still on its way may yet begin the call. */
function failed(server: string, failure: string): Told {
  const facts = JSON.stringify({ server, outcome: 'unknown', reason: failure });
  return { facts, whole: facts, failure };
}

/** SDK v1 holds structured content against the output schema in an error too. */
function responseOf({ era }: RequestMessage, { whole, failure }: Told): Response {
  const head = era === 'modern' ? '"resultType":"complete",' : '';
  const content = JSON.stringify([{ type: 'text', text: failure ?? whole }]);
  const tail = failure === undefined ? '' : ',"isError":true';
  return { member: 'result', payload: `{${head}"content":${content},"structuredContent":${whole}${tail}}` };
}
