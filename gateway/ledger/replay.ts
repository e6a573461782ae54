import { FleetError } from '../../core/errors';
import { resultOf } from '../../ledger/kept-text';
import type { LedgerRow } from '../../ledger/row';
import type { Held } from '../holdings';
import type { Answer } from '../upstream/answer';
import type { Catalogue } from '../upstream/catalogue';

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

/**
 * The answer of a settled call, for the request that asks again.
 * @throws FleetError RESULT_NOT_KEPT where nobody has the result, and a client would hold words in its place against a schema
 */
export async function replayAnswer(row: LedgerRow, held: Held, catalogue: Catalogue): Promise<Answer> {
  const kept = await resultOf(row);
  if (kept === undefined && row.state === 'confirmed' && catalogue.hasSchema(row.server, row.tool)) {
    throw new FleetError('RESULT_NOT_KEPT', { reason: row.resolutionReason ?? 'it was too large', callId: row.callId });
  }
  const payload = kept ?? standIn(row);
  held.add(payload.length);
  const response = { member: row.resultIsError === true ? 'error' : 'result', payload } as const;
  return { status: 200, response, headers: {}, ...(row.instance !== undefined && { instance: row.instance }) };
}
