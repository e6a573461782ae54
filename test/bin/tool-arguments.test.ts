import { expect, test } from '@jest/globals';
import { InvalidArgumentError } from 'commander';
import { toolArguments } from '../../bin/tool-arguments';

test.each(['{}', ' {"a":{"a":[{"a":1},{"a":2}]}}\n', '{"a":"{\\"b\\":1,\\"b\\":2}"}', '{"a":1,"A":2}'])('%s is taken as it is', (text) => {
  expect(toolArguments(text)).toEqual(JSON.parse(text));
});

test.each([
  ['{"amount":1,"to":"x","amount":1}', /member "amount" comes twice, at \.amount;/],
  [' {"a":1,"\\u0061":2}', /"a" comes twice, at \.a;/],
  ['{"transfers":[{},[{"to":{"iban":1,"iban":2}}]]}', /"iban" comes twice, at \.transfers\[1\]\[0\]\.to\.iban;/],
  ['{"a b":{"__proto__":{},"__proto__":1}}', /at \["a b"\]\.__proto__;/],
  ['{"a":{"b":1,"b":2},"a":{}}', /"a" comes twice, at \.a;/],
  [`{"x":${'['.repeat(100)}{"a":1,"a":2}${']'.repeat(100)}}`, /at \.x(\[0\]){100}\.a;/],
  [`{"${'n'.repeat(90)}":1,"${'n'.repeat(90)}":2}`, /member "n{60}…" comes twice, at \.n{60}…;/],
  ['{"a":9007199254740993}', /beyond ±\(2\^53 − 1\)/],
  [`{"a":${'['.repeat(100_000)}`, /nested deeper than 128/],
  ['{"a":1', /not well-formed JSON; arguments are a JSON object such as '\{"text":"hello"\}'/],
  ['[1]', /\[1\] is not a JSON object, such as/],
  ['null', /null is not a JSON object/],
])('%s is refused', (text, words) => {
  expect(() => toolArguments(text)).toThrow(InvalidArgumentError);
  expect(() => toolArguments(text)).toThrow(words);
});
