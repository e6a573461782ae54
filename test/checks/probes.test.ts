import { describe, expect, it } from '@jest/globals';
import type { Reply } from '../../checks/agent-client';
import { countIn, isRight, newMark, planned } from '../../checks/probes';

const result = (structuredContent: object, isError = false): Reply => ({
  kind: 'result',
  isError,
  text: '',
  result: { structuredContent },
});

describe('a planned call', () => {
  it('has its mark in every text, however deep, and leaves all else as it is', () => {
    const args = { a: '{mark}', b: ['x-{mark}-{mark}', 1, null, { c: true, d: '{mark' }] };
    expect(planned({ tool: 't', arguments: args }, 'M')).toEqual({
      tool: 't',
      mark: 'M',
      arguments: { a: 'M', b: ['x-M-M', 1, null, { c: true, d: '{mark' }] },
    });
    expect(args.a).toBe('{mark}');
  });

  it('has another mark each time', () => {
    expect(newMark()).not.toBe(newMark());
    expect(planned({ tool: 't' })).toMatchObject({ arguments: {}, mark: expect.stringMatching(/^check-/) });
  });
});

describe('an answer', () => {
  it.each<[string, string | undefined, Reply, boolean]>([
    ['without an expectation', undefined, result({}), true],
    ['that is expected', 'result.structuredContent.mark = mark', result({ mark: 'M' }), true],
    ['that is not', 'result.structuredContent.mark = mark', result({ mark: 'N' }), false],
    ['for which the expression gives no truth', '"true"', result({}), false],
    ['for which the expression cannot be evaluated', '$number("x") = 1', result({}), false],
    ['that is a tool error', undefined, result({}, true), false],
    ['that is none', undefined, { kind: 'broken', message: 'gone' }, false],
  ])('%s', async (_, expectation, reply, right) => {
    expect(await isRight({ tool: 't', ...(expectation !== undefined && { expect: expectation }) }, 'M', reply)).toBe(right);
  });
});

describe('executions', () => {
  const count = (expression: string, reply: Reply) => countIn({ tool: 'find', count: expression }, 'M', reply);

  it('are counted by the expression', async () => {
    expect(await count('result.structuredContent.count', result({ count: 2 }))).toBe(2);
    expect(await count('$count(result.structuredContent.notes[$ = $$.mark])', result({ notes: ['M', 'N', 'M'] }))).toBe(2);
  });

  it('are told as unknown where nobody has counted', async () => {
    expect(await count('result.structuredContent.count', result({}))).toMatch(/^unknown: the count of find gives undefined, no number/);
    expect(await count('$number("x")', result({}))).toMatch(/^unknown: the count of find gives "/);
    expect(await count('1', { kind: 'http', status: 404, message: 'gone' })).toMatch(/^unknown: find was answered .*404/);
  });
});
