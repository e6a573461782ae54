import type { LedgerState } from '../../../../ledger/row';
import { dimension, type Needs, type Value } from '../dimension';
import { written } from '../members';
import { asStream, type Reply } from '../reply';

/** What a server may do with its answer, and what must become of it. `expect` is what the agent gets of it. */
export interface AnswerValue extends Value<Reply> {
  /** In which states the row of a call may end; where absent it follows from `expect`. */
  readonly states?: readonly LedgerState[];
  /** It says that the session is gone, which is believed for what changes nothing. */
  readonly gone?: true;
}

export type Answers = Readonly<Record<string, AnswerValue>>;

const TOLD_TO = { server: ['worst'], message: ['call', 'list'] };
export const LEGACY: Needs = { era: ['legacy', 'batches'] };

export function answers(needs: Needs, values: Answers): Answers {
  return dimension<Reply>({ ...TOLD_TO, ...needs }, values) as Answers;
}

/** It arrives as the server said it. */
export function same(act: (reply: Reply) => void, kind = 'B4'): AnswerValue {
  return { kind, expect: 'same', act };
}

export function either(act: (reply: Reply) => void, kind = 'B4'): AnswerValue {
  return { kind, expect: 'either', act };
}

/** The agent must not get it for a result, and nobody may say that nothing happened. */
export function lost(act: (reply: Reply) => void, kind = 'B2'): AnswerValue {
  return { kind, expect: 'refused', states: ['unknown'], act };
}

/** Sends these words in place of the response. */
export function instead(reply: Reply, words: string): void {
  reply.text = words;
}

/** Answers with an error. */
export function fails(reply: Reply, error: object): void {
  reply.envelope.remove('result').set('error', written(error));
}

/** Sends another message beside the response. */
export function say(reply: Reply, when: 'before' | 'after', message: string): void {
  asStream(reply);
  reply[when].push(message);
}
