import { randomUUID } from 'node:crypto';
import { callDigest } from '../core/call-digest';
import type { ToolConfig } from '../core/fleet-config';
import { memberText, readMembers, writeMembers } from '../core/json-members';
import type { RequestMessage } from '../core/message';
import type { MethodRule } from '../core/methods';
import { wantedBy } from '../core/wanted';
import type { ToolCall } from './call';

/** What the protocol lets agents read changes nothing. */
const READ: ToolConfig = { effect: 'read_only', key: 'fenced' };
/** Members of `params` that say nothing of what is asked for; the answers of a continuation are not kept of calls, either. */
const ASIDE = ['_meta', 'inputResponses', 'requestState'];

/**
 * Describes a request that is no `tools/call` and needs a grant for what it names, as policy and ledger know it.
 * @param text canonical text of the message
 * @throws FleetError INVALID_PARAMS
 */
export function describeRead(message: RequestMessage, text: string, grant: MethodRule['grant']): ToolCall {
  const { method, params } = message;
  const { inputResponses = null, requestState = null } = params;
  const asked = readMembers(memberText(text, 'params'));
  for (const name of ASIDE) asked.delete(name);
  const argumentsText = writeMembers(asked);
  return {
    callId: randomUUID(),
    tool: method,
    wanted: wantedBy(message, grant),
    argumentsText,
    digest: callDigest(method, argumentsText),
    ...((inputResponses !== null || requestState !== null) && { continuation: true as const }),
    policy: READ,
  };
}
