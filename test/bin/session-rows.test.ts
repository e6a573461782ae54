import { expect, test } from '@jest/globals';
import { type SessionRow, stateOf } from '../../bin/session-rows';

const RUNNING = new Set(['task-1']);

test.each<[string, Partial<SessionRow>]>([
  ['open', { instance: 'task-1' }],
  ['open', {}],
  ['instance gone', { instance: 'task-2' }],
  ['ended', { instance: 'task-2', closedAt: 1 }],
  ['refused', { instance: 'task-1', closedAt: 1, refused: true }],
])('%s', (state, row) => {
  expect(stateOf(row as SessionRow, RUNNING)).toBe(state);
});
