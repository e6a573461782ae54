import type { Cell } from './cell';
import type { ClientName } from './clients';
import type { Fault } from './faults';
import type { MatrixRow } from './matrix';
import { ANSWERS, type AnswerKind } from './outcome';
import type { NamedServerRow } from './server-matrix';

/** The least that a client is left with behind the fleet. Everywhere: the tool ran at most once, and the client works on. */
export interface Expectation {
  readonly answer: AnswerKind;
  /** The agent must see that its session was opened again. */
  readonly restored?: true;
  /** The least that the very same call gives when it is made again. */
  readonly again?: AnswerKind;
  /** How often the tool may have run when the very same call, without a key, has been made twice. @default 1 */
  readonly ranWhenAskedTwice?: number;
}

const RESTORED: Expectation = { answer: 'result', restored: true };
const RESULT: Expectation = { answer: 'result' };
/** The call is lost with its instance, and is not sent again. */
const TOLD: Expectation = { answer: 'typed', again: 'typed' };
const TOLD_AS_TEXT: Expectation = { answer: 'text', again: 'text' };
/** No stream of a sessionless call can be resumed: it is made again, and is given what the instance has kept. */
const ASKS_AGAIN: Expectation = { answer: 'raw', again: 'result' };
/**
 * The whole result had left the gateway when the client lost it: to the gateway the call is over, and the next one is another
 * intent. Only a key says otherwise.
 */
const LOST_AT_THE_DOOR: Expectation = { answer: 'raw', again: 'result', ranWhenAskedTwice: 2 };
/** Such a client does not resume the stream that it was given an event id for. */
const HANGS: Expectation = { answer: 'hang', again: 'result' };

const RESUMING: Readonly<Record<Fault, Expectation>> = {
  'session-gone': RESTORED,
  'instance-killed': TOLD,
  'gateway-killed': RESULT,
  'leg-cut': RESULT,
};
const SESSIONLESS: Readonly<Record<Fault, Expectation>> = {
  'session-gone': RESULT,
  'instance-killed': TOLD,
  'gateway-killed': ASKS_AGAIN,
  'leg-cut': LOST_AT_THE_DOOR,
};

export const EXPECTATIONS: Readonly<Record<ClientName, Readonly<Record<Fault, Expectation>>>> = {
  v1: RESUMING,
  v2: RESUMING,
  'v2-auto': SESSIONLESS,
  'v2-modern': SESSIONLESS,
  'ai-sdk-1': { ...RESUMING, 'gateway-killed': HANGS, 'leg-cut': HANGS },
  'ai-sdk-2': SESSIONLESS,
  langchain: { ...RESUMING, 'instance-killed': TOLD_AS_TEXT },
  'openai-agents': SESSIONLESS,
  mastra: RESUMING,
  'mcp-remote': RESUMING,
  // Each of its calls is a session of its own, and it prints errors for people.
  'inspector-cli': { ...RESUMING, 'session-gone': RESULT, 'instance-killed': TOLD_AS_TEXT },
};

/** What is worse than expected about a row; nothing when it is as good or better. */
export function problemsOf(row: MatrixRow): string[] {
  const cell = row.with;
  const where = `${row.client} ${row.fault}`;
  if ('failed' in cell) return [`${where}: could not be measured: ${cell.failed}`];
  return cellProblems(cell, EXPECTATIONS[row.client][row.fault]).map((problem) => `${where}: ${problem}`);
}

function cellProblems({ answer, executed, again, afterwards }: Cell, expected: Expectation): string[] {
  return [
    ...(isWorse(answer.kind, expected.answer) ? [`expected ${expected.answer}, got ${answer.kind}: ${answer.label}`] : []),
    ...(expected.restored && !answer.restored ? ['expected a result that says sessionRestored'] : []),
    ...(expected.again && again && isWorse(again.answer.kind, expected.again)
      ? [`expected ${expected.again} when asked again, got ${again.answer.kind}: ${again.answer.label}`]
      : []),
    ...(executed > 1 ? [`one call was executed ${executed} times`] : []),
    ...(again && again.executed > (expected.ranWhenAskedTwice ?? 1) ? [`asked twice, it was executed ${again.executed} times`] : []),
    ...(answer.kind === 'result' && executed === 0 ? ['a result without an execution'] : []),
    ...(afterwards === 'broken' ? ['the client does not work afterwards'] : []),
  ];
}

function isWorse(got: AnswerKind, expected: AnswerKind): boolean {
  return ANSWERS.indexOf(got) > ANSWERS.indexOf(expected);
}

/** What does not work about a third-party server. */
export function serverProblemsOf({ server, tools, clients, ended }: NamedServerRow): string[] {
  return [
    ...Object.entries(clients).flatMap(([client, seen]) => (seen === 'works' ? [] : [`${server} with ${client}: ${seen}`])),
    ...(tools === 0 ? [`${server}: no tools`] : []),
    ...(ended === '200 / 404' ? [] : [`${server}: DELETE and a request after it gave ${ended}, expected 200 / 404`]),
  ];
}
