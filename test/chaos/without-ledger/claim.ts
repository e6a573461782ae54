import type { Claimed, Routed } from '../../../gateway/call';
import { newRow, type RowParts } from '../../../gateway/ledger/new-row';
import { type ResumeParts, resume } from '../../../gateway/ledger/resume';

/**
 * In place of the stage `claim`: every call is the first. It is written down under its own id, so that all else is as ever, but
 * no key and no fence holds a repetition back.
 */
export async function claim(routed: Routed, parts: ResumeParts & RowParts): Promise<Claimed> {
  const { toolCall, resumes } = routed;
  if (resumes?.kind === 'call') return { ...routed, replay: await resume(routed, resumes, parts) };
  if (toolCall === undefined || toolCall.policy.effect === 'read_only') return routed;
  const row = await newRow({ ...routed, toolCall }, parts, 'callId');
  await parts.ledger.append(row);
  return { ...routed, claim: row };
}
