import { expect, test } from '@jest/globals';
import { type ServerChecks, ToolPolicy } from '../../lib';
import { newFleet, newServer, templateOf } from './example-fleet';

const TOOLS = { pay: ToolPolicy.stateChanging(), find: ToolPolicy.readOnly() };
const FIND = { tool: 'find', arguments: { reference: '{mark}' }, count: 'result.structuredContent.count' };
const PAY = { tool: 'pay', arguments: { to: ['a', { reference: 'x-{mark}' }] }, executions: FIND };

test('probes stand in the metadata of the template, by server', () => {
  const fleet = newFleet();
  const checks: ServerChecks = { read: { tool: 'find' }, write: PAY, lasting: PAY, failing: { tool: 'pay' }, leak: { tool: 'find' } };
  newServer({ tools: TOOLS, checks }, fleet);
  expect(templateOf(fleet).toJSON().Metadata['cdk-mcp-fleet'].fleets.orders.checks).toEqual({ tickets: checks });
});

test.each<[string, ServerChecks, RegExp]>([
  ['a read that is not declared so', { read: { tool: 'pay' } }, /checks\.read\.tool is "pay"; allowed: .* read-only. Declare it/],
  ['a read of a name that objects have', { read: { tool: 'constructor' } }, /checks\.read\.tool is "constructor"/],
  ['an expectation that is no JSONata', { read: { tool: 'find', expect: 'a b' } }, /checks\.read\.expect is "a b"; allowed: a JSONata/],
  [
    'a write that only reads',
    { write: { ...PAY, tool: 'find' } },
    /checks\.write\.tool is "find"; allowed: a tool that is not declared read/,
  ],
  ['a write without a mark', { write: { ...PAY, arguments: { reference: 'x' } } }, /checks\.write\.arguments .* holds \{mark\} in a text/],
  ['a lasting call without arguments', { lasting: { tool: 'pay', executions: FIND } }, /checks\.lasting\.arguments is missing; allowed/],
  ['a count by a write', { write: { ...PAY, executions: { ...FIND, tool: 'pay' } } }, /checks\.write\.executions\.tool is "pay"/],
  ['a count that is no JSONata', { write: { ...PAY, executions: { ...FIND, count: '(' } } }, /checks\.write\.executions\.count is "\("/],
  [
    'no count',
    { write: { tool: 'pay', arguments: PAY.arguments } } as unknown as ServerChecks,
    /checks\.write\.executions is missing; allowed: an object with tool, count/,
  ],
  [
    'arguments in a list',
    { failing: { tool: 'pay', arguments: ['a'] } } as unknown as ServerChecks,
    /checks\.failing\.arguments is \["a"\]; allowed: an object/,
  ],
  ['a leak by a write', { leak: { tool: 'pay' } }, /checks\.leak\.tool is "pay"/],
])('refused at synth: %s', (_, checks, message) => {
  expect(() => newServer({ tools: TOOLS, checks })).toThrow(message);
});
