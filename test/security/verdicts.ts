import assert from 'node:assert/strict';
import { ERRORS, type ErrorName } from '../../core/errors';
import type { Owed } from './threat';
import type { Answer, ErrorData, Message } from './town/answer';
import type { Town } from './town/town';

/** That nothing was executed which bears a mark. */
export function didNothing(town: Town, mark: string): void {
  assert.deepEqual(town.witness.of(mark), [], 'something was executed');
}

/** That somebody was refused in a word of the registry, and nothing was executed. @param mark stands in what was asked for */
export function refused(town: Town, answer: Answer, error: ErrorName, mark?: string): ErrorData {
  const data = errorDataOf(answer);
  const expected = ERRORS[error];
  assert.equal(data.error, error, `got ${answer.status} ${answer.text.slice(0, 300)}`);
  // A method that is unknown has a status of its own in each era.
  if (error !== 'METHOD_NOT_FOUND') assert.equal(answer.status, expected.status);
  assert.equal(errorOf(answer)?.code, expected.code);
  assert.equal(data.outcome, expected.outcome);
  if (mark !== undefined) didNothing(town, mark);
  return data;
}

/** That it was refused in one of several words. */
export function refusedAs(town: Town, answer: Answer, errors: readonly ErrorName[], mark?: string): ErrorData {
  const { error } = errorDataOf(answer);
  const named = errors.find((name) => name === error);
  assert.ok(named !== undefined, `${errors.join(' or ')} was expected: got ${answer.status} ${answer.text.slice(0, 300)}`);
  return refused(town, answer, named, mark);
}

/** That a connection was closed, or refused before anything of the fleet's own had a say. */
export function turnedAway(town: Town, { status, text }: Answer, mark: string): void {
  assert.ok(status === 0 || (status >= 400 && status < 500), `got ${status} ${text.slice(0, 300)}`);
  didNothing(town, mark);
}

/** That a call was executed once, and its agent got the result. */
export function served(town: Town, answer: Answer, mark: string): Message {
  const deeds = town.witness.of(mark);
  assert.equal(deeds.length, 1, `executed ${deeds.length} times; got ${answer.status} ${answer.text.slice(0, 300)}`);
  return resultOf(answer);
}

export function resultOf(answer: Answer): Message {
  const message = answer.messages.findLast(({ result }) => result !== undefined);
  assert.ok(message !== undefined, `no result: ${answer.status} ${answer.text.slice(0, 300)}`);
  return message;
}

export function errorOf({ messages }: Answer): Message['error'] {
  return messages.find(({ error }) => error !== undefined)?.error;
}

export function errorDataOf(answer: Answer): ErrorData {
  return errorOf(answer)?.data ?? {};
}

/** The row that a refusal of a call owes. */
export function row(owed: Omit<Owed, 'callId'>, { callId }: ErrorData): readonly Owed[] {
  return [{ ...owed, ...(callId !== undefined && { callId }) }];
}
