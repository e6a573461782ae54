import type { Reply } from '../reply';
import type { Script } from '../script';
import type { AnswerValue } from './answer';
import { answerCoding, mediaType, pieces, stream } from './bytes';
import { answerId, order } from './response';
import { callResult, listResult } from './results';
import { status } from './status';

export type { AnswerValue };

/** Dimensions of an answer, in the order in which they act on it: what is said first, then how. */
export const ANSWER_DIMENSIONS = { callResult, listResult, answerId, order, stream, pieces, mediaType, answerCoding, status } as const;

/** Makes an answer what the script says. */
export function applyScript(script: Script, reply: Reply): void {
  for (const [name, table] of Object.entries(ANSWER_DIMENSIONS)) table[script[name] ?? '']?.act(reply);
}
