import { expect, test } from '@jest/globals';
import { placeholdersIn, withoutComment, withoutPurpose } from './words';

test.each([
  ['npm start        # installs, builds', 'npm start'],
  [`call a@b add '{"text":"# 1"}'  # a note`, `call a@b add '{"text":"# 1"}'`],
  ['curl http://a/b#c', 'curl http://a/b#c'],
])('%s', (line, command) => {
  expect(withoutComment(line)).toBe(command);
});

test.each([
  ["mcp-fleet logs payments --follow      its stdio children's stderr", 'mcp-fleet logs payments --follow'],
  ['mcp-fleet local --app "npx  tsx"      another app', 'mcp-fleet local --app "npx  tsx"'],
])('%s', (line, command) => {
  expect(withoutPurpose(line)).toBe(command);
});

test('what a reader puts something of his own in place of', () => {
  expect(placeholdersIn('mcp-fleet ledger show KEY 4f2c… <agent> --json -H "A: B" CALL_ID')).toEqual([
    'KEY',
    '4f2c…',
    '<agent>',
    'CALL_ID',
  ]);
});
