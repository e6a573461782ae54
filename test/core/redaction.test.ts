import { expect, test } from '@jest/globals';
import { JSON_POINTER, redact, segmentsOf } from '../../core/redaction';

const DIGEST = (value: string) => `#${value.length}`;

test.each<[string, string[], string, string[]]>([
  [
    '{"card":{"number":"4711","name":"ada"},"amount":1}',
    ['/card/number'],
    '{"card":{"number":"#6","name":"ada"},"amount":1}',
    ['/card/number'],
  ],
  ['{"card":{"number":"4711"}}', ['/card'], '{"card":"#17"}', ['/card']],
  ['{"a":[{"b":1},{"b":2}]}', ['/a/1/b', '/a/2/b', '/a/-/b'], '{"a":[{"b":1},{"b":"#1"}]}', ['/a/1/b']],
  ['{"amount":12345678901234567890.10}', ['/other', '/amount/x'], '{"amount":12345678901234567890.10}', []],
  ['{"n":12345678901234567890,"x":null}', ['/x'], '{"n":12345678901234567890,"x":"#4"}', ['/x']],
  ['{"a/b":{"c~d":true}}', ['/a~1b/c~0d'], '{"a/b":{"c~d":"#4"}}', ['/a~1b/c~0d']],
  ['{"":{"":0}}', ['//'], '{"":{"":"#1"}}', ['//']],
  ['{"__proto__":1}', ['/__proto__', '/constructor'], '{"__proto__":"#1"}', ['/__proto__']],
])('%s without %j', (text, pointers, expected, redacted) => {
  expect(redact(text, pointers, DIGEST)).toEqual({ text: expected, redacted });
});

test('a pointer begins with a slash and escapes what it must', () => {
  for (const good of ['/card', '/card/number', '/a~1b/~0', '/']) expect(good).toMatch(JSON_POINTER);
  for (const bad of ['', 'card', 'card/number', '/a~b', '/a~2']) expect(bad).not.toMatch(JSON_POINTER);
  expect(segmentsOf('/a~1b/~01')).toEqual(['a/b', '~1']);
});
