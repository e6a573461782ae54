import type { LedgerRow } from '../../core/ledger';
import type { Exchange } from '../http/exchange';
import type { Answer } from '../upstream/answer';
import { decodeText } from './kept-text';

/** Said in place of a result that was too large for the ledger. */
const OMITTED_RESULT = textResult('The call was executed; its result was too large to be kept.');

/** What a call is answered with whose result nobody has. */
function standIn({ resolvedAt, state, resolutionReason }: LedgerRow): string {
  if (resolvedAt === undefined) return OMITTED_RESULT;
  const text = `A person settled this call as ${state}: ${resolutionReason}`;
  return textResult(text, state === 'failed');
}

/** A modern client wants a `resultType` (MCP 2026-07-28, § Results). */
function textResult(text: string, isError = false): string {
  return JSON.stringify({ resultType: 'complete', content: [{ type: 'text', text }], ...(isError && { isError }) });
}

/** The answer of a settled call, under the id of the request that asks again. */
export function replayAnswer(row: LedgerRow, exchange: Exchange): Answer {
  const kept = decodeText({ text: row.result ?? '', ...(row.resultEncoding !== undefined && { encoding: row.resultEncoding }) });
  const payload = kept === undefined || kept === '' ? standIn(row) : kept;
  const id = JSON.stringify(exchange.requestId);
  const text = `{"jsonrpc":"2.0","id":${id},"${row.resultIsError === true ? 'error' : 'result'}":${payload}}`;
  return { status: 200, text, headers: {}, ...(row.instance !== undefined && { instance: row.instance }) };
}
