import { expect, test } from '@jest/globals';
import { areToolRules } from '../../core/tool-rule';

test.each([
  [[]],
  [[{ tool: 'pay' }]],
  [[{ tool: 'pay', when: { amount: { atMost: '10.5', atLeast: '-1e3' } }, atMost: { calls: 3, per: 'hour' } }]],
  [[{ tool: 'pay', when: { to: { oneOf: ['"a"', '1', 'true'] }, note: { matches: 'a*', absent: 'allowed' } } }]],
])('rules that can be kept to: %j', (rules) => {
  expect(areToolRules(rules)).toBe(true);
});

test.each([
  ['what is no list', { tool: 'pay' }],
  ['a rule without a tool', [{ when: {} }]],
  ['a bound that this version does not know', [{ tool: 'pay', unless: {} }]],
  ['a condition that it does not know', [{ tool: 'pay', when: { amount: { atMost: '1', lessThan: '1' } } }]],
  ['a number that is none', [{ tool: 'pay', when: { amount: { atMost: 'ten' } } }]],
  ['a number that is no text', [{ tool: 'pay', when: { amount: { atMost: 10 } } }]],
  ['one of nothing', [{ tool: 'pay', when: { to: { oneOf: [] } } }]],
  ['one of an object', [{ tool: 'pay', when: { to: { oneOf: ['{}'] } } }]],
  ['one of an open text', [{ tool: 'pay', when: { to: { oneOf: ['"a'] } } }]],
  ['a limit without a span', [{ tool: 'pay', atMost: { calls: 3 } }]],
  ['a limit of none', [{ tool: 'pay', atMost: { calls: 0, per: 'hour' } }]],
  ['a limit of another span', [{ tool: 'pay', atMost: { calls: 1, per: 'day' } }]],
])('%s cannot', (_, rules) => {
  expect(areToolRules(rules)).toBe(false);
});
