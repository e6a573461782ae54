import { describe, expect, test } from '@jest/globals';
import { allowsTool, leavesOut, refusalOf, type Wanted } from '../../core/granted';
import { type AllowlistEntry, decide } from '../../core/policy';

const NOW = 1_000;

function entry(overrides: Partial<AllowlistEntry>): AllowlistEntry {
  const row = { server: 'payments', effect: 'allow' as const, tools: ['balance'], source: 'cdk', ...overrides };
  return { agent: 'a', entry: `${row.server}#${row.effect}#${row.source}`, issuer: 'https://i.example', subject: 's', ...row };
}

describe('decide', () => {
  test.each<[string, AllowlistEntry[], boolean]>([
    ['nothing is allowed by default', [], false],
    ['a grant allows its tool', [entry({})], true],
    ['a grant of all tools allows it', [entry({ tools: ['*'] })], true],
    ['a grant of another tool does not', [entry({ tools: ['transfer'] })], false],
    ['a grant on another server does not', [entry({ server: 'memory' })], false],
    ['a deny of the tool wins', [entry({ tools: ['*'] }), entry({ effect: 'deny' })], false],
    ['a deny of every tool wins', [entry({}), entry({ effect: 'deny', tools: ['*'] })], false],
    ['a deny on every server wins', [entry({}), entry({ effect: 'deny', tools: ['*'], server: '*' })], false],
    ['an allow on every server is none', [entry({ server: 'memory', tools: ['*'] })], false],
    ['an expired grant does not count', [entry({ expiresAt: NOW })], false],
    ['a grant counts until it expires', [entry({ expiresAt: NOW + 1 })], true],
    ['an expired deny does not count', [entry({}), entry({ effect: 'deny', tools: ['*'], expiresAt: NOW })], true],
    ['two grants add up', [entry({ tools: ['transfer'] }), entry({ source: 'console' })], true],
  ])('%s', (_, entries, allowed) => {
    expect(allowsTool(decide(entries, 'payments', NOW), 'balance')).toBe(allowed);
  });

  test('tells the terms that the agent has, whichever of its grants tells them', () => {
    const terms = { weight: 3, sessionBudget: { perTask: 5 } };
    expect(decide([entry({ source: 'by hand' }), entry({ terms })], 'payments', NOW).terms).toEqual(terms);
    expect(decide([entry({}), entry({ server: 'memory', terms })], 'payments', NOW)).not.toHaveProperty('terms');
  });

  test('says when it stops being true by itself', () => {
    expect(decide([entry({ expiresAt: NOW + 60 }), entry({ source: 'x', expiresAt: NOW + 30 })], 'payments', NOW).expiresAt).toBe(NOW + 30);
  });
});

describe('what a grant names besides tools', () => {
  const resource = (name: string): Wanted => ({ kind: 'resource', name });
  const template = (name: string): Wanted => ({ kind: 'template', name });
  const prompt = (name: string): Wanted => ({ kind: 'prompt', name });
  const DOCS = entry({ resources: ['docs://a/*', 'docs://index'] });
  const ALL = entry({ resources: ['*'], prompts: ['*'] });
  const SECRETS = entry({ effect: 'deny', tools: [], resources: ['docs://a/secret*'], prompts: ['admin*'] });

  test.each<[string, AllowlistEntry[], Wanted, boolean]>([
    ['tools open no resource', [entry({ tools: ['*'] })], resource('docs://a/b'), false],
    ['tools open no prompt', [entry({ tools: ['*'] })], prompt('greet'), false],
    ['resources open no prompt', [DOCS], prompt('docs://index'), false],
    ['a pattern opens what it covers', [DOCS], resource('docs://a/b/c'), true],
    ['a URI opens itself', [DOCS], resource('docs://index'), true],
    ['and nothing else', [DOCS], resource('docs://index/x'), false],
    ['a URI that leads out of its pattern is not covered', [DOCS], resource('docs://a/../b'), false],
    ['all are open to whom all are granted, however they are written', [ALL], resource('docs://a/../b'), true],
    ['a deny wins', [ALL, SECRETS], resource('docs://a/secrets'), false],
    ['a deny leaves the others', [ALL, SECRETS], resource('docs://a/b'), true],
    ['beside a deny nothing is open that could be read as what it covers', [ALL, SECRETS], resource('docs://a/x/../secret'), false],
    ['nor in another case', [ALL, SECRETS], resource('DOCS://a/secret'), false],
    ['a template is open where all that it stands for is', [DOCS], template('docs://a/{page}'), true],
    ['and not where some of it is not', [DOCS], template('docs://{team}/b'), false],
    ['nor by the name of what it leaves open', [entry({ resources: ['docs://a/{x}y'] })], template('docs://a/{x}y'), false],
    ['a prompt by its name', [entry({ prompts: ['greet'] })], prompt('greet'), true],
    ['a prompt by a pattern', [entry({ prompts: ['gr*'] })], prompt('greet'), true],
    ['a denied prompt', [ALL, SECRETS], prompt('admin-reset'), false],
    ['a closed server has nothing open', [ALL, entry({ effect: 'deny', tools: ['*'] })], resource('docs://a/b'), false],
    [
      'a grant on another server opens nothing here',
      [entry({ server: 'memory', resources: ['*'] }), entry({})],
      resource('docs://a'),
      false,
    ],
  ])('%s', (_, entries, wanted, allowed) => {
    expect(refusalOf(decide(entries, 'payments', NOW), 'payments', wanted) === undefined).toBe(allowed);
  });

  test('a list is everybody’s only where nothing is left out of it', () => {
    expect(leavesOut(decide([ALL], 'payments', NOW), 'resource')).toBe(false);
    expect(leavesOut(decide([ALL, SECRETS], 'payments', NOW), 'template')).toBe(true);
    expect(leavesOut(decide([DOCS], 'payments', NOW), 'prompt')).toBe(true);
  });

  test('a decision of an authorizer that does not know of them opens none', () => {
    const old = { effect: 'allow', tools: ['*'], deniedTools: [], reason: '' } as const;
    expect(refusalOf(old, 'payments', resource('docs://a'))).toBeDefined();
  });
});
