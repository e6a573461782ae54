import { findMember, isEmptyObject, skipSpace } from './json-members';
import type { Outcome } from './ledger';

/** Key in `result._meta` of every result that passed the ledger. */
export const STAMP_KEY = 'cdk-mcp-fleet/call';

export interface Stamp {
  readonly callId: string;
  readonly outcome: Outcome;
  readonly replayed: boolean;
  readonly sessionRestored: boolean;
}

/**
 * Writes the stamp into `result._meta` of a JSON-RPC response by insertion; all other bytes stay as the server wrote them.
 * A response without a `result` object (an error) is returned unchanged.
 */
export function stampResponse(text: string, stamp: Stamp): string {
  const result = findMember(text, skipSpace(text, 0), 'result');
  if (result === undefined || text[result.start] !== '{') return text;
  const member = `${JSON.stringify(STAMP_KEY)}:${JSON.stringify(stamp)}`;
  const meta = findMember(text, result.start, '_meta');
  if (meta !== undefined && text[meta.start] === '{') {
    const forged = findMember(text, meta.start, STAMP_KEY);
    return forged === undefined
      ? insertLast(text, meta, member)
      : text.slice(0, forged.start) + JSON.stringify(stamp) + text.slice(forged.end);
  }
  return insertLast(text, result, `"_meta":{${member}}`);
}

function insertLast(text: string, object: { start: number; end: number }, member: string): string {
  const brace = object.end - 1;
  const comma = isEmptyObject(text, object.start) ? '' : ',';
  return `${text.slice(0, brace)}${comma}${member}${text.slice(brace)}`;
}
