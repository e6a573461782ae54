import type { ErrorData } from '../../../checks/agent-client';
import type { ClientError, Reply } from '../../interop/client-process';
import type { Told, ToldOutcome } from '../messages';
import { saysDeclined, saysDone } from '../tools';

/** What one attempt of a plain agent came to. */
export interface Heard {
  readonly outcome: ToldOutcome;
  /** A loop would do it again. */
  readonly again: boolean;
  /** The client may be unusable: it is opened anew. */
  readonly broken: boolean;
  readonly callId?: string;
  readonly error?: string;
}

/** Advice under which the identical call makes sense. */
const AGAIN = ['same_key', 'safe', 'later', 'reinitialize'];
const CALL_ID = /"callId\\*":\\*"([\w-]+)/;

/** Reads a reply as an agent's author would: a result, advice in `error.data`, or else something that broke. */
export function readReply(reply: Reply, reference: string): Heard {
  const text = JSON.stringify(reply);
  const callId = CALL_ID.exec(text)?.[1];
  const named = callId === undefined ? {} : { callId };
  const settled = { again: false, broken: false, ...named };
  if (says(text, saysDone(reference))) return { outcome: 'confirmed', ...settled };
  // A client may throw the tool's own words.
  if (says(text, saysDeclined(reference))) return { outcome: 'failed', ...settled };
  const data = reply !== 'no answer' && 'error' in reply ? dataOf(reply.error) : undefined;
  if (data?.outcome === undefined) return { outcome: 'nothing', again: true, broken: true, error: text.slice(0, 200), ...named };
  const again = AGAIN.includes(data.retry ?? '');
  const broken = data.retry === 'reinitialize';
  return { outcome: data.outcome as ToldOutcome, again, broken, ...named, ...(data.error !== undefined && { error: data.error }) };
}

/** What all attempts together say: "not executed" of the last one says nothing of one that was lost. */
export function summarize(heard: readonly Heard[]): Pick<Told, 'outcome' | 'callId' | 'error' | 'attempts'> {
  const last = heard.at(-1);
  const wasLost = heard.some(({ outcome }) => outcome === 'unknown' || outcome === 'nothing');
  const outcome = last === undefined ? 'nothing' : last.outcome === 'not_executed' && wasLost ? 'unknown' : last.outcome;
  // A refusal for want of a ledger leaves no row to ask for, where an earlier attempt may have left one.
  const named = heard.filter((each) => each.callId !== undefined);
  const { callId } = named.findLast((each) => each.error !== 'LEDGER_UNAVAILABLE') ?? named.at(-1) ?? {};
  const error = last?.error;
  return { outcome, attempts: heard.length, ...(callId !== undefined && { callId }), ...(error !== undefined && { error }) };
}

/** Not in the middle of a longer reference. */
function says(text: string, words: string): boolean {
  return new RegExp(`\\b${words}(?![\\w-])`).test(text);
}

function dataOf(error: ClientError): ErrorData | undefined {
  const data = error.data as ErrorData | undefined;
  if (data?.outcome !== undefined) return data;
  return error.cause === undefined ? undefined : dataOf(error.cause);
}
