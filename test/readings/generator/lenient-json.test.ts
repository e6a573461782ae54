import { describe, expect, test } from '@jest/globals';
import { parseLeniently } from './lenient-json';

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
const read = (text: string, folds = false, duplicates: 'first' | 'last' = 'last') => plain(parseLeniently(text, { folds, duplicates }));

describe('the lenient parser', () => {
  test('reads JSON as JSON', () => {
    const value = { a: [1, -2.5e3, true, null, 'x"\\\n\u00e9'], b: { c: {} } };
    expect(read(JSON.stringify(value, null, 2))).toEqual(value);
  });

  test('takes the first or the last of two members', () => {
    expect(read('{"a":1,"a":2}')).toEqual({ a: 2 });
    expect(read('{"a":1,"\\u0061":2}', false, 'first')).toEqual({ a: 1 });
  });

  test('folds names of the protocol, as Unicode does, and no others', () => {
    expect(read('{"Name":1,"PARAM\u017f":2,"other":3,"Other":4}', true)).toEqual({ name: 1, params: 2, other: 3, Other: 4 });
    expect(read('{"Name":1}')).toEqual({ Name: 1 });
  });

  test('overlooks what others refuse', () => {
    expect(read('\ufeff /* a */ {"a":[1,2,],"b":"x\ny",} trailing // words')).toEqual({ a: [1, 2], b: 'x\ny' });
    expect(parseLeniently('NaN', { folds: false, duplicates: 'last' })).toBeNaN();
  });

  test.each(['', '{', '{"a"', '[1', "{'a':1}", '"a'])('finds no value in %j', (text) => {
    expect(() => read(text)).toThrow(SyntaxError);
  });
});
