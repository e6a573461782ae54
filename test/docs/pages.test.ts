import { expect, test } from '@jest/globals';
import { commandsOf } from './pages';

/** Fences stand for themselves, so that this file is none. */
const page = (...lines: string[]): string => lines.join('\n').replaceAll('~~~', '```');
const commands = (text: string): readonly (readonly [number | undefined, string])[] =>
  commandsOf('a.md', text).map(({ line, command }) => [line, command]);

test('blocks of a shell, without what is said about each line', () => {
  const text = page(
    '# Title',
    '',
    '~~~sh',
    'npm start   # stays up',
    '',
    '# of this:',
    'npm run \\',
    '  build',
    '~~~',
    '~~~ts',
    'npm();',
    '~~~',
  );
  expect(commands(text)).toEqual([
    [4, 'npm start'],
    [7, 'npm run build'],
  ]);
});

test('of a block with output, what stands behind a prompt', () => {
  expect(commands(page('~~~', '$ npm test', '3 passed', '~~~', '~~~', 'a drawing', '~~~'))).toEqual([[2, 'npm test']]);
});

test('a comment right below a command is what that prints', () => {
  expect(commandsOf('a.md', page('~~~sh', 'curl http://a', '# {"a":"…"}', '~~~'))).toMatchObject([{ prints: '{"a":"…"}' }]);
});

test('whole commands in a sentence come after the blocks', () => {
  const text = page('By `npx cdk deploy`, `npm run test:load` or `test:chaos`; `mcp-fleet check` is a name.', '~~~sh', 'npm start', '~~~');
  expect(commands(text)).toEqual([
    [3, 'npm start'],
    [1, 'npx cdk deploy'],
    [1, 'npm run test:load'],
    [1, 'npm run test:chaos'],
  ]);
});

test('a remark on the line above holds for the block', () => {
  const text = page('<!-- docs-test: exit 3, in acme -->', '~~~sh', 'npm start', '~~~');
  expect(commandsOf('a.md', text)).toMatchObject([{ remark: { exit: 3, company: 'acme' } }]);
});

test.each([
  ['about no block', page('<!-- docs-test: exit 3 -->', '', '~~~sh', 'npm start', '~~~'), /above no block/],
  ['that nobody knows', page('<!-- docs-test: skip -->', '~~~sh', 'npm start', '~~~'), /is none of: exit CODE/],
])('a remark %s is refused', (_, text, message) => {
  expect(() => commandsOf('a.md', text)).toThrow(message);
});
