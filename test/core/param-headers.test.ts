import { describe, expect, test } from '@jest/globals';
import { checkParamHeaders, decodeHeaderValue, paramHeaders } from '../../core/param-headers';

const schema = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    limit: { type: 'integer', 'x-mcp-header': 'Limit' },
    deep: { type: 'object', properties: { dry: { type: 'boolean', 'x-mcp-header': 'Dry-Run' } } },
    plain: { type: 'string' },
  },
};

describe('paramHeaders', () => {
  test('finds what a schema asks for, through nested properties', () => {
    expect(paramHeaders(schema)).toEqual([
      { header: 'mcp-param-region', path: ['region'] },
      { header: 'mcp-param-limit', path: ['limit'] },
      { header: 'mcp-param-dry-run', path: ['deep', 'dry'] },
    ]);
  });

  test.each([
    ['a name that is no token', { type: 'object', properties: { a: { type: 'string', 'x-mcp-header': 'a b' } } }],
    ['a type without one text', { type: 'object', properties: { a: { type: 'number', 'x-mcp-header': 'A' } } }],
    [
      'two names that differ by case',
      { type: 'object', properties: { a: { type: 'string', 'x-mcp-header': 'A' }, b: { type: 'string', 'x-mcp-header': 'a' } } },
    ],
    ['an annotation behind a list', { type: 'array', items: { properties: { a: { type: 'string', 'x-mcp-header': 'A' } } } }],
    ['no schema', undefined],
  ])('asks for nothing by %s', (_, broken) => {
    expect(paramHeaders(broken)).toEqual([]);
  });
});

describe('checkParamHeaders', () => {
  const check = (args: Parameters<typeof checkParamHeaders>[1], headers: Record<string, string>) => () =>
    checkParamHeaders(paramHeaders(schema), args, (name) => headers[name]);

  test.each([
    ['equal texts', { region: 'eu' }, { 'mcp-param-region': ' eu ' }],
    ['a base64 text', { region: 'Zürich' }, { 'mcp-param-region': `=?base64?${Buffer.from('Zürich').toString('base64')}?=` }],
    ['half a sentinel, literally', { region: '=?base64?eHg=' }, { 'mcp-param-region': '=?base64?eHg=' }],
    ['equal numbers', { limit: 10 }, { 'mcp-param-limit': '10.0' }],
    ['a nested truth', { deep: { dry: false } }, { 'mcp-param-dry-run': 'false' }],
    ['neither', { region: null }, {}],
  ])('takes %s', (_, args, headers) => {
    expect(check(args, headers)).not.toThrow();
  });

  test.each([
    ['a missing header', { region: 'eu' }, {}],
    ['another text', { region: 'eu' }, { 'mcp-param-region': 'us' }],
    ['another case', { region: 'eu' }, { 'mcp-param-region': 'EU' }],
    ['another number', { limit: 10 }, { 'mcp-param-limit': '11' }],
    ['no number', { limit: 0 }, { 'mcp-param-limit': '' }],
    ['a number as only JavaScript reads it', { limit: 10 }, { 'mcp-param-limit': '0xa' }],
    ['a number that is equal after rounding only', { limit: 9007199254740992 }, { 'mcp-param-limit': '9007199254740993' }],
    ['base64 of what is no UTF-8', { region: '\ufffd' }, { 'mcp-param-region': '=?base64?/w==?=' }],
    ['a header for nothing', {}, { 'mcp-param-region': 'eu' }],
    ['base64 of a byte order mark before it', { region: 'eu' }, { 'mcp-param-region': '=?base64?77u/ZXU=?=' }],
    ['bad padding', { region: 'x' }, { 'mcp-param-region': '=?base64?eA?=' }],
    ['bad characters', { region: 'x' }, { 'mcp-param-region': '=?base64?e!A=?=' }],
  ])('refuses %s', (_, args, headers) => {
    expect(check(args, headers)).toThrow(expect.objectContaining({ kind: 'HEADER_MISMATCH' }));
  });
});

test('a value without the sentinel is taken literally', () => {
  expect(decodeHeaderValue('mcp-name', ' transfer ')).toBe('transfer');
});
