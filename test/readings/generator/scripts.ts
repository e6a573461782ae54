import { ANSWER_DIMENSIONS, type AnswerValue } from './answers';
import type { Reply } from './reply';
import type { Script } from './script';

/** Makes an answer what the script says, dimension by dimension in their order: what is said first, then how. */
export function applyScript(script: Script, reply: Reply): void {
  for (const name of ORDER) {
    const value = script[name];
    const table: Readonly<Record<string, AnswerValue>> = ANSWER_DIMENSIONS[name];
    if (value !== undefined) table[value]?.act(reply);
  }
}

const ORDER: readonly (keyof typeof ANSWER_DIMENSIONS)[] = [
  'callResult',
  'listResult',
  'answerId',
  'order',
  'stream',
  'pieces',
  'mediaType',
  'answerCoding',
  'status',
];
