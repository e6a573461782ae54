import { expect, test } from '@jest/globals';
import { Budget } from '../../sidecar/budget';
import { ChildWords } from '../../sidecar/child-words';
import { systemClock } from '../../sidecar/clock';
import { answersAtAll } from '../../sidecar/first-child';
import { LIMITS } from '../../sidecar/limits';
import { openLog } from '../../sidecar/log';
import { scripted } from './scripted';
import { until } from './started';

/** Whether a server answers at all, and what is logged of it. */
async function tried(command: readonly string[], initialize: number = LIMITS.initialize) {
  const lines: { event?: string; words?: string }[] = [];
  const log = openLog({}, { write: (line) => void lines.push(JSON.parse(line)) });
  const limits = { ...LIMITS, initialize, childTerminate: 100, childKill: 300 };
  const environment = { PATH: process.env.PATH ?? '' };
  const answers = await answersAtAll(
    { command, environment, words: new ChildWords(environment, systemClock, limits, log) },
    new Budget(1e6, 1e6),
    systemClock,
    limits,
    log,
  );
  // Whatever became of it, it is ended.
  await until(() => lines.some(({ event }) => event === 'child_ended'), 'its end');
  return { answers, words: lines.flatMap(({ words }) => words ?? []).join() };
}

test.each([
  ['initialize', "if (m.method === 'initialize') ready(m);"],
  ['an error', "send(JSON.stringify({ jsonrpc: '2.0', id: m.id, error: { code: -32602, message: 'no' } }));"],
  ['a banner before it', "console.log('hello'); console.log('{}'); ready(m);"],
])('a server answers with %s', async (_, body) => {
  expect((await tried(scripted(body))).answers).toBe(true);
});

test('one that ends instead has last words', async () => {
  const { answers, words } = await tried(['node', '-e', 'let is = broken;;; }']);
  expect(answers).toBe(false);
  expect(words).toContain('SyntaxError');
});

test.each([
  ['is no program', ['no-such-program']],
  ['never answers', ['node', '-e', 'process.stdin.resume()']],
])('one that %s does not answer', async (_, command) => {
  expect((await tried(command, 1000)).answers).toBe(false);
});
