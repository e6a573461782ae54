import { describe, expect, test } from '@jest/globals';
import { readStrictly } from '../../core/strict-json';

const parse = (text: string | Buffer) => readStrictly(typeof text === 'string' ? Buffer.from(text) : text).value;

describe('readStrictly', () => {
  test.each([
    ['{"a":1,"b":{"a":[1,{"a":"x:y"}]}}'],
    ['{"__proto__":1,"constructor":2}'],
    ['"a \\" : {"'],
    ['{"a\\\\":":","b":"\\\\\\":"}'],
    ['[]'],
    ['9007199254740991'],
    ['1e3'],
    ['-0.5'],
    ['{"a":1e-400,"b":100.00000000000000000001}'],
  ])('reads %s as JSON.parse does', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  test.each([
    ['a duplicate name', '{"a":1,"a":2}', /same member name twice/],
    ['a duplicate in depth', '{"x":[{"amount":1,"amount":100}]}', /same member name twice/],
    ['a duplicate spelt with an escape', '{"name":"a","n\\u0061me":"b"}', /same member name twice/],
    ['a duplicate __proto__', '{"__proto__":1,"__proto__":2}', /same member name twice/],
    ['malformed text', '{"a":', /well-formed/],
    ['two texts', '{} {}', /well-formed/],
    ['nothing', '', /well-formed/],
    ['an integer that a double cannot hold', '{"id":9007199254740993}', /2\^53/],
    ['a number beyond all doubles', '1e999', /2\^53/],
    ['a lone surrogate', '"\\ud800"', /surrogate/],
    ['a lone surrogate in a name', '{"\\udc00":1}', /surrogate/],
  ])('refuses %s', (_, text, reason) => {
    expect(() => parse(text)).toThrow(reason);
  });

  test('passes over a byte order mark (RFC 8259 § 8.1)', () => {
    expect(parse('\ufeff{"a":1}')).toEqual({ a: 1 });
  });

  test('refuses bytes that are not UTF-8', () => {
    expect(() => parse(Buffer.from([0x22, 0xff, 0x22]))).toThrow(/UTF-8/);
  });

  test('refuses with a typed error that says nothing was executed', () => {
    expect(() => parse('{')).toThrow(expect.objectContaining({ kind: 'PARSE_ERROR', status: 400, outcome: 'not_executed' }));
  });
});
