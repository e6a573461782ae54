import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { chartPng } from '../../bin/plan/chart-png';
import type { FleetPlan } from '../../bin/plan/fleet-plan';
import { cli, ROOT } from '../e2e/fleet';
import { scratchFolder } from '../local/fixtures/assembly';

/** The built command line, over an assembly that is there already. */

let folder: string;

beforeAll(() => {
  folder = scratchFolder();
  const template = readFileSync(join(ROOT, 'test/lib/fixtures/acme-8d72d5c/Acme.template.json'), 'utf8');
  assembly('main', template);
  assembly('unknown', template.replace(/"MaxCapacity": *\d+/g, '"MaxCapacity": { "Ref": "Most" }'));
  write('load.json', { agents: 60, hours: 1, day: [{ hour: 0, share: 1 }], servers: { payments: { sessionsPerTask: 2, cpuMs: 0 } } });
});

/** What `cdk synth` would have written. */
function assembly(name: string, template: string): void {
  mkdirSync(join(folder, name));
  const artifacts = { Acme: { type: 'aws:cloudformation:stack', properties: { templateFile: 'Acme.template.json' } } };
  write(`${name}/manifest.json`, { version: '48.0.0', artifacts });
  writeFileSync(join(folder, name, 'Acme.template.json'), template);
}

function write(file: string, content: unknown): void {
  writeFileSync(join(folder, file), JSON.stringify(content));
}

const plan = (...args: readonly string[]) => cli(['plan', ...args], { cwd: folder });
const planned = async (...args: readonly string[]) => {
  const { code, stdout } = await plan('--assembly', 'main', '--json', ...args);
  return { code, document: JSON.parse(stdout) as FleetPlan };
};

describe('mcp-fleet plan', () => {
  it('says what scaling on slots and on CPU make of a load', async () => {
    const { code, stdout, stderr } = await plan('--assembly', 'main', '--agents', '300', '--server', 'payments', '--hours', '1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^acme \/ payments {2}300 agents × 1 sessions of 20 min: 300 at once, for 1 h$/m);
    expect(stdout).toMatch(/^ {2}as deployed +50 +2 to 20 +2 to \d+ /m);
    expect(stdout).toMatch(/^ {2}by CPU +50 +2 to 20 +2 to 2 \(2\.0\) +100 /m);
    expect(stdout).toMatch(/^ {2}recommended +50 +\d+ to 10 .* 0 ms .* 0 +\d+ % /m);
    expect(stdout).toMatch(/^ {2}sessions, as deployed {2}[▁▂▃▄▅▆▇█ ]+$/m);
    expect(stdout).toMatch(/us-east-1, 2026-11/);
    expect(stdout).not.toContain('acme / memory');
  });

  it('reads caps, sizes and gateways from the template, and the load from a file, which flags come before', async () => {
    const { code, document } = await planned('--profile', 'load.json', '--seed', '7');
    expect(code).toBe(0);
    expect(
      document.servers.map(({ server, deployed }) => [server, deployed.perInstance, deployed.minInstances, deployed.maxInstances]),
    ).toEqual([
      ['everything', 50, 3, 12],
      ['memory', 20, 2, 10],
      ['payments', 50, 2, 20],
    ]);
    expect(document.servers.map(({ profile }) => [profile?.agents, profile?.sessionsPerTask, profile?.cpuMs, profile?.seed])).toEqual([
      [60, 1, 5, 7],
      [60, 1, 5, 7],
      [60, 2, 0, 7],
    ]);
    const [everything, , payments] = document.servers;
    expect(everything?.deployed.sessions).toMatchObject({ refused: 0, peak: 60 });
    expect(everything?.deployed.minutes).toHaveLength(60);
    expect(payments?.recommended).toMatchObject({ maxInstances: 5, sessions: expect.objectContaining({ refused: 0 }) });
    expect(payments).not.toHaveProperty('sessionsByCpu');
    expect(document.base.gateways).toBeCloseTo(2 * 730 * (0.5 * 0.04048 + 0.004445), 6);
    expect(document.base.balancers).toBeCloseTo(730 * 0.0225, 6);
  });

  it('is about other caps than those of the template, where they are given, and the same each time', async () => {
    const caps = ['--server', 'memory', '--per-instance', '100', '--min-instances', '1', '--max-instances', '4', '--target', '50'];
    const { document } = await planned(...caps, '--hours', '1');
    expect(document.servers[0]?.deployed).toMatchObject({ perInstance: 100, minInstances: 1, maxInstances: 4 });
    expect((await planned(...caps, '--hours', '1')).document).toEqual(document);
  });

  it('takes what only deployment knows from the command line', async () => {
    const refused = await plan('--assembly', 'unknown');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/server "everything" the template does not tell max-instances.*\n {2}fix {2}give --max-instances/);
    expect((await plan('--assembly', 'unknown', '--max-instances', '9', '--hours', '0.5')).code).toBe(0);
  });

  it('writes a chart', async () => {
    await planned('--hours', '0.5', '--server', 'memory', '--svg', 'plan.svg');
    expect(readFileSync(join(folder, 'plan.svg'), 'utf8')).toMatch(/^<svg xmlns[\s\S]*acme \/ memory[\s\S]*<\/svg>\n$/);
  });

  it('writes the same chart as PNG, with text in it', async () => {
    await planned('--hours', '0.5', '--server', 'memory', '--svg', 'plan.svg', '--png', 'plan.png');
    const svg = readFileSync(join(folder, 'plan.svg'), 'utf8');
    expect(readFileSync(join(folder, 'plan.png'))).toEqual(Buffer.from(await chartPng(svg)));
  });

  it.each([
    ['with nobody refused', 0, ['--agents', '20']],
    ['with somebody refused', 3, ['--agents', '1000']],
  ])('with --fail-on-refusal and %s ends with %d', async (_, code, args) => {
    expect((await planned('--fail-on-refusal', '--server', 'payments', '--hours', '0.5', ...args)).code).toBe(code);
  });

  it.each([
    ['a number that is none', ['--agents', 'many'], /"many" is not a whole number from 1 to 1000000/],
    ['a number that is too large', ['--target', '90'], /"90" is not a number from 10 to 80/],
    ['a server that there is not', ['--server', 'paymentz'], /--server names "paymentz".*allowed: everything, memory, payments/],
    ['bounds that do not go together', ['--min-instances', '5', '--max-instances', '4'], /5 instances at least and 4 at most.*\n {2}fix/],
    [
      'a profile that is not there',
      ['--profile', 'nowhere.json'],
      /--profile names nowhere\.json, which cannot be read \(ENOENT\)\.\n {2}fix/,
    ],
    ['an app and an assembly', ['--app', 'x'], /cannot be used with/],
    ['a fleet that there is not', ['--fleet', 'acne'], /no fleet "acne"; allowed with --fleet: /],
  ])('ends with 2 for %s', async (_, args, message) => {
    const ended = await plan('--assembly', 'main', ...args);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(message);
  });

  it.each(['svg', 'png'])('ends with 4 where no chart can be written as %s', async (kind) => {
    const { code, stderr } = await plan('--assembly', 'main', '--server', 'memory', '--hours', '0.1', `--${kind}`, `nowhere/plan.${kind}`);
    expect(code).toBe(4);
    expect(stderr).toContain(`--${kind} names nowhere/plan.${kind}, which cannot be written (ENOENT)`);
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  });
});
