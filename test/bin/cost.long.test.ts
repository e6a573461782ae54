import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { FleetCost } from '../../bin/cost/fleet-cost';
import { cli, ROOT } from '../e2e/fleet';
import { scratchFolder } from '../local/fixtures/assembly';

let folder: string;

beforeAll(() => {
  folder = scratchFolder();
  mkdirSync(join(folder, 'main'));
  const artifacts = { Acme: { type: 'aws:cloudformation:stack', properties: { templateFile: 'Acme.template.json' } } };
  writeFileSync(join(folder, 'main/manifest.json'), JSON.stringify({ version: '48.0.0', artifacts }));
  copyFileSync(join(ROOT, 'test/lib/fixtures/acme-8d72d5c/Acme.template.json'), join(folder, 'main/Acme.template.json'));
});

/** The built command line, over an assembly that is there already. */
const cost = (...args: readonly string[]) => cli(['cost', '--assembly', 'main', ...args], { cwd: folder });

describe('mcp-fleet cost', () => {
  it('says what docs/cost.md shows', async () => {
    // The example company, as it is.
    const { code, stdout, stderr } = await cli(['cost']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [, shown] = /```text\n\$ npx mcp-fleet cost\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs/cost.md'), 'utf8')) ?? [];
    expect(stdout).toBe(shown);
  });

  it('reckons with the agents and sizes that it is given', async () => {
    const reckoned = async (...args: readonly string[]): Promise<FleetCost> => {
      const { stdout } = await cost('--json', '--agents', '50', ...args);
      return JSON.parse(stdout).fleets[0];
    };
    const [one, other] = await Promise.all([reckoned(), reckoned('--result-bytes', '100000')]);
    expect(one.agents.map(({ agents }) => agents)).toEqual([50]);
    expect(other.calls.read.writeUnits).toBeGreaterThan(10 * one.calls.read.writeUnits);
    expect(other.idle).toEqual(one.idle);
  });

  it.each([
    ['--agents', '0', 'a whole number from 1 to 1000000'],
    ['--result-bytes', '1.5', 'a whole number from 0 to 4194304'],
  ])('%s %s is refused', async (flag, value, allowed) => {
    const { code, stderr } = await cost(flag, value);
    expect(code).toBe(2);
    expect(stderr).toContain(allowed);
  });
});
