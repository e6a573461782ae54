import { describe, expect, test } from '@jest/globals';
import { METHODS, methodRule } from '../../core/methods';

const ALL = Object.entries(METHODS);
const named = (keep: (rule: (typeof METHODS)[string]) => boolean): string[] =>
  ALL.filter(([, rule]) => keep(rule))
    .map(([method]) => method)
    .sort();

describe('the table of methods', () => {
  test.each(ALL)('%s is consistent', (method, rule) => {
    expect(rule.kind).toBe(method.startsWith('notifications/') ? 'notification' : 'request');
    expect(rule.eras.length).toBeGreaterThan(0);
    expect(new Set(rule.eras).size).toBe(rule.eras.length);
    // Only a call is judged by its tool.
    expect([rule.effect === 'tool', rule.grant === 'tool']).toEqual(Array(2).fill(method === 'tools/call'));
    // What is granted by name has a row; tasks and subscriptions are asked about, and what they are about has rows of its own.
    expect(rule.recorded).toBe(!['server', 'task', 'subscription'].includes(rule.grant));
    // What nobody answers names nothing, lists nothing, and is not asked again as a read is.
    if (rule.kind === 'notification') {
      expect([rule.namedBy, rule.lists, rule.grant, rule.recorded]).toEqual([undefined, undefined, 'server', false]);
      expect(['repeatable', 'once']).toContain(rule.effect);
    }
    // The modern era has no requests of servers on a stream (MCP 2026-07-28, Streamable HTTP).
    if (rule.kind === 'request' && rule.from === 'server') expect(rule.eras).toEqual(['legacy']);
  });

  test('has the header Mcp-Name for what the specification names, and for nothing else', () => {
    const byMember = (member: string): string[] => named(({ namedBy }) => namedBy === member);
    expect(byMember('name')).toEqual(['prompts/get', 'tools/call']);
    expect(byMember('uri')).toEqual(['resources/read']);
    expect(byMember('taskId')).toEqual(['tasks/cancel', 'tasks/get', 'tasks/update']);
  });

  test('filters every list', () => {
    const lists = ['prompts/list', 'resources/list', 'resources/templates/list', 'tasks/list', 'tools/list'];
    expect(named(({ lists }) => lists !== undefined)).toEqual(lists);
  });

  test('grants by name whatever names a resource, a prompt or a task', () => {
    expect(named(({ grant }) => !['server', 'tool'].includes(grant))).toEqual([
      'completion/complete',
      'prompts/get',
      'resources/read',
      'resources/subscribe',
      'subscriptions/listen',
      'tasks/cancel',
      'tasks/get',
      'tasks/result',
      'tasks/update',
    ]);
  });

  test('repeats nothing that a second time could be something else', () => {
    expect(named(({ effect }) => effect === 'once')).toEqual(['elicitation/create', 'sampling/createMessage', 'tasks/update']);
  });

  test('has nothing in the modern era that it removed', () => {
    const removed = [
      'initialize',
      'ping',
      'logging/setLevel',
      'resources/subscribe',
      'resources/unsubscribe',
      'notifications/roots/list_changed',
    ];
    expect(removed.filter((method) => METHODS[method]?.eras.includes('modern') !== false)).toEqual([]);
  });
});

describe('what an agent may say', () => {
  const methods = {
    'acme/read': { kind: 'request', readOnly: true },
    'acme/do': { kind: 'request' },
    'tools/call': { kind: 'request' },
  } as const;

  test.each(ALL.filter(([, { from }]) => from === 'server').map(([method]) => method))('is not %s, which servers say', (method) => {
    expect(methodRule(method, 'legacy', {}) ?? methodRule(method, 'modern', {})).toBeUndefined();
  });

  test.each(['constructor', '__proto__', 'hasOwnProperty', 'Tools/call', ''])('is not "%s"', (method) => {
    expect(methodRule(method, 'legacy', { methods })).toBeUndefined();
  });

  test('is what the operator adds, and that never changes what the protocol has', () => {
    expect(methodRule('acme/read', 'modern', { methods })).toMatchObject({ kind: 'request', effect: 'read', recorded: false });
    expect(methodRule('acme/do', 'legacy', { methods })).toMatchObject({ kind: 'request', effect: 'once' });
    expect(methodRule('tools/call', 'legacy', { methods })).toBe(METHODS['tools/call']);
  });
});
