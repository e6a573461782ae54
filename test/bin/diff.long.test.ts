import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { cli, ROOT } from '../e2e/fleet';
import { scratchFolder } from '../local/fixtures/assembly';

/** The built command line, over assemblies and templates that are there already. */

const ACME = join(ROOT, 'test/lib/fixtures/acme-8d72d5c/Acme.template.json');
let folder: string;

beforeAll(() => {
  folder = scratchFolder();
  const template = readFileSync(ACME, 'utf8');
  assembly('main', template);
  assembly('branch', template.replace(/"Tools":\s*\[\s*"balance",/, '$& "transfer",').replaceAll('"agent-treasury"', '"agent-bank"'));
  cpSync(ACME, join(folder, 'Acme.template.json'));
  writeFileSync(join(folder, 'deployed.json'), JSON.stringify({ TemplateBody: JSON.parse(template), StagesAvailable: ['Original'] }));
  writeFileSync(join(folder, 'deployed.yaml'), 'Resources:\n  A:\n    Type: AWS::SNS::Topic\n');
});

/** What `cdk synth` would have written. */
function assembly(name: string, template: string): void {
  mkdirSync(join(folder, name));
  const artifacts = { Acme: { type: 'aws:cloudformation:stack', properties: { templateFile: 'Acme.template.json' } } };
  writeFileSync(join(folder, name, 'manifest.json'), JSON.stringify({ version: '48.0.0', artifacts }));
  writeFileSync(join(folder, name, 'Acme.template.json'), template);
}

const diff = (...args: readonly string[]) => cli(['diff', ...args], { cwd: folder });

describe('mcp-fleet diff', () => {
  it('says that nothing changes, and ends with 0', async () => {
    const { code, stdout } = await diff('--assembly', 'main', '--against', 'main', '--fail-on', 'widens,breaks,narrows,changes');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Nothing changes in meaning.') });
  });

  it.each([
    ['an assembly', 'main'],
    ['a template, by its name', 'Acme.template.json'],
    ['a deployed template, by its fleet', 'deployed.json'],
  ])('holds an assembly against %s', async (_, against) => {
    const { code, stdout } = await diff('--assembly', 'branch', '--against', against);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^acme\n {2}widens {3}subject that is treasury: \+ agent-bank$/m);
    expect(stdout).toMatch(/^acme \/ payments\n {2}widens {3}support may call: \+ transfer$/m);
    expect(stdout).toMatch(/^2 widens · 1 breaks · 1 narrows · 0 changes$/m);
    expect(stdout).toMatch(/^CloudFormation Acme: 0 added, 2 changed, 0 replaced, 0 removed$/m);
  });

  it.each([
    ['widens', 3],
    ['breaks', 3],
    ['changes', 0],
  ])('with --fail-on %s ends with %d', async (severity, code) => {
    expect((await diff('--assembly', 'branch', '--against', 'main', '--fail-on', severity)).code).toBe(code);
  });

  it('tells all of it in one JSON document', async () => {
    const { code, stdout } = await diff('--assembly', 'branch', '--against', 'main', '--json', '--fail-on', 'widens');
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toEqual({
      before: { from: 'main', stacks: ['Acme'] },
      after: { from: 'branch', stacks: ['Acme'] },
      changes: [
        { kind: 'agent', agent: 'treasury', severity: 'widens', fleet: 'acme', what: 'subject that is treasury', after: 'agent-bank' },
        expect.objectContaining({ kind: 'agent', severity: 'narrows', before: 'agent-treasury', breaks: expect.stringMatching(/refused/) }),
        {
          kind: 'grant',
          agent: 'support',
          server: 'payments',
          severity: 'widens',
          fleet: 'acme',
          what: 'support may call',
          after: 'transfer',
        },
      ],
      deployment: [{ stack: 'Acme', added: 0, changed: 2, replaced: [], mayBeReplaced: [], removed: [] }],
      failOn: ['widens'],
      failing: 2,
    });
  });

  it('is about one fleet, where one is named', async () => {
    const { stdout } = await diff('--assembly', 'branch', '--against', 'main', '--fleet', 'acme', '--json');
    expect((JSON.parse(stdout) as { changes: unknown[] }).changes).toHaveLength(3);
    expect(await diff('--assembly', 'branch', '--against', 'main', '--fleet', 'acne')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no fleet "acne".*acme/i),
    });
  });

  it.each([
    [2, 'a severity that is none', ['--fail-on', 'widens,widenz'], /"widenz" is no severity; allowed: widens, breaks, narrows, changes/],
    [2, 'nothing there', ['--against', 'nowhere'], /--against names nowhere, and there is nothing; allowed: a folder or a file.*\n {2}fix/],
    [2, 'a folder that is no assembly', ['--against', '.'], /no cloud assembly: it holds no manifest\.json\.\n {2}fix/],
    [
      2,
      'a template in YAML',
      ['--against', 'deployed.yaml'],
      /no CloudFormation template in JSON\.\n {2}fix {2}aws cloudformation get-template/,
    ],
    [4, 'no account and no --against', [], /nothing to compare with: no local account is running.*\n {2}fix {2}.*--against/],
    [3, 'an assembly that is none', ['--assembly', 'nowhere', '--against', 'main'], /nowhere is not a cloud assembly/],
    [2, 'an app and an assembly', ['--app', 'x', '--assembly', 'main'], /cannot be used with/],
  ])('ends with %d for %s', async (code, _, args, message) => {
    const ended = await diff(...args);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: '' });
    expect(ended.stderr).toMatch(message);
  });
});
