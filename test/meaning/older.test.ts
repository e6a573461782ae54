import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readTemplate, type Template } from '../../local/assembly/template';
import { changesInMeaning } from '../../meaning/changes-in-meaning';
import { readFleets } from '../../meaning/read-fleets';
import { synthesize } from './declaration';

const FIXTURES = join(__dirname, '../lib/fixtures');
/** Before fleets told their paths, what checks may call, and how long a key lives. */
const older = readTemplate(join(FIXTURES, 'acme-8da9a9e/Acme.template.json'));
const newer = readTemplate(join(FIXTURES, 'acme-8d72d5c/Acme.template.json'));
const between = (before: Template, after: Template) =>
  changesInMeaning([{ name: 'Acme', template: before }], [{ name: 'Acme', template: after }]);

function withoutPaths(template: Template): Template {
  const resources = Object.entries(template.Resources).map(([id, { Metadata: _, ...resource }]) => [id, resource]);
  return { ...template, Resources: Object.fromEntries(resources) };
}

describe('a template of an older version', () => {
  test('is of the same fleet, and what it does not tell is said', () => {
    const changes = between(older, newer);
    expect(changes.filter(({ kind }) => kind === 'untold')).toEqual([
      { kind: 'untold', severity: 'changes', fleet: 'acme', what: 'life of a key', before: 'not told by the version before' },
    ]);
    expect(changes.filter(({ kind }) => kind === 'fleet' || kind === 'grant' || kind === 'agent')).toEqual([]);
  });

  test('tells the path of its fleet by what stands in it', () => {
    expect(readFleets([{ name: 'Acme', template: older }]).map(({ path }) => path)).toEqual(['Acme/Mcp']);
  });
});

describe('a template without construct paths', () => {
  const bare = withoutPaths(newer);

  test('is held against one with them by logical ids', () => {
    expect(between(bare, newer).map(({ kind, what }) => `${kind} ${what}`)).toEqual(['untold how long logs are kept', 'untold alarms']);
  });

  test('is read by what refers to what', () => {
    expect(between(bare, bare)).toEqual([]);
    const [fleet] = readFleets([{ name: 'Acme', template: bare }]);
    expect(fleet?.granted?.grants.map(({ agent, server }) => `${agent}@${server}`).sort()).toEqual([
      'research@everything',
      'research@memory',
      'support@payments',
      'treasury@payments',
    ]);
    expect([...(fleet?.servers.values() ?? [])].map(({ hosted }) => hosted?.slots)).toEqual([50, expect.any(Number), 50]);
  });
});

describe('a template that describes no fleet', () => {
  const { Metadata: _, ...undescribed } = newer;

  test('has the fleets that its gateways are told of; agents and the edge are not told', () => {
    const changes = between(newer, undescribed);
    expect(changes.filter(({ kind }) => kind === 'untold').map(({ what }) => what)).toEqual(['edge', 'agents']);
    expect(changes.filter(({ kind }) => kind === 'fleet')).toEqual([]);
  });

  test.each([['a text'], [{ fleets: ['acme'] }], [{ version: 9, tenants: {} }]])(
    'is told of where it describes itself as %j',
    (described) => {
      const odd = { ...newer, Metadata: { 'cdk-mcp-fleet': described } } as Template;
      expect(between(newer, odd)).toContainEqual(
        expect.objectContaining({ kind: 'untold', fleet: 'Acme', after: expect.stringContaining('not told by the version after') }),
      );
    },
  );

  test.each([[{}], [{ fleets: { acme: null } }], [{ fleets: { acme: { agents: 7, servers: 'x', edge: [], path: {} } } }]])(
    'does no harm, whatever stands there: %j',
    (described) => {
      const odd = { ...newer, Metadata: { 'cdk-mcp-fleet': described } } as unknown as Template;
      expect(() => [...between(newer, odd), ...between(odd, newer)]).not.toThrow();
    },
  );
});

test('of two stages with one fleet, each is told by its place', () => {
  const stage = (name: string, subject: string): Template => {
    const text = JSON.stringify(newer).replaceAll('Acme/', `${name}/Acme/`).replaceAll('agent-support', subject);
    return JSON.parse(text) as Template;
  };
  const stacks = (subject: string) =>
    ['Test', 'Prod'].map((name) => ({ name: `${name}-Acme`, template: stage(name, name === 'Prod' ? subject : 'agent-test') }));
  const changes = changesInMeaning(stacks('agent-desk'), stacks('agent-help'));
  expect(new Set(changes.map(({ fleet }) => fleet))).toEqual(new Set(['Prod/Acme/Mcp']));
  expect(changes.map(({ severity, before, after }) => [severity, before ?? after])).toEqual([
    ['widens', 'agent-help'],
    ['narrows', 'agent-desk'],
  ]);
});

describe('a template without the file of its grants', () => {
  test('does not tell them: nobody is taken to have lost or got any', () => {
    const usual = synthesize();
    const alone = structuredClone(usual);
    for (const { Metadata } of Object.values(alone.Resources)) if (Metadata) Reflect.deleteProperty(Metadata, 'cdk-mcp-fleet:grants');

    expect(between(usual, alone)).toEqual([
      { kind: 'untold', severity: 'changes', fleet: 'orders', what: 'grants', after: 'not told by the version after' },
    ]);
    expect(between(alone, alone)).toEqual([]);
  });
});
