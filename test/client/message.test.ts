import { expect, test } from '@jest/globals';
import { addMeta } from '../../client/message';

test.each([
  ['{"method":"tools/call","params":{"name":"a"}}', '{"method":"tools/call","params":{"_meta":{"k":"v"},"name":"a"}}'],
  ['{"params":{"_meta":{"progressToken":1},"name":"a"}}', '{"params":{"_meta":{"k":"v","progressToken":1},"name":"a"}}'],
  ['{"params":{"_meta":{},"n":1.50}}', '{"params":{"_meta":{"k":"v"},"n":1.50}}'],
  [' { "params" : { } } ', ' { "params" : {"_meta":{"k":"v"} } } '],
  [
    '{"note":"\\"params\\":{","params":{"arguments":{"_meta":{}}}}',
    '{"note":"\\"params\\":{","params":{"_meta":{"k":"v"},"arguments":{"_meta":{}}}}',
  ],
  ['{"method":"ping"}', '{"method":"ping"}'],
])('%s gets a member and keeps its bytes', (text, expected) => {
  expect(addMeta(text, { k: 'v' })).toBe(expected);
});

test('nothing to add changes nothing', () => {
  expect(addMeta('{"params":{}}', {})).toBe('{"params":{}}');
});
