import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudFormationTemplate } from '../../../local/local-account';
import { largeCompany, type Size } from '../size/company';
import { type Extent, extentsOf, type Measured } from '../size/limits';
import { runFleet } from '../size/run';
import type { Scene } from './scene';

/** 200 servers and 1,000 agents, each of whom may use each server. */
const LARGE: Size = { own: 10, teams: 10, each: 19, agents: 1_000 };
/** What runs on this machine, each server with one instance. */
const RUNNING = { short: { servers: 8, stacks: 2 }, long: { servers: 60, stacks: 3 } };

/** A fleet of any size: what is synthesized stays within every limit, and what stands in several stacks runs. */
export const size: Scene = async ({ scratch, steps, long, say, signal }) => {
  const facts: string[] = [];
  await steps.take('200 servers × 1,000 agents synthesize within every limit', async () => {
    const began = performance.now();
    const stacks = measured(largeCompany(join(scratch, 'large'), LARGE));
    const seconds = Math.round((performance.now() - began) / 1_000);
    const extents = extentsOf(stacks);
    for (const extent of extents) say(`  ${told(extent)}`);
    const beyond = extents.filter(({ most, limit }) => most > limit);
    assert.deepEqual(beyond.map(told), []);
    facts.push(`200 servers × 1,000 agents in ${stacks.length} stacks, synthesized in ${seconds} s`);
  });
  const running = long ? RUNNING.long : RUNNING.short;
  const what = `${running.servers} servers in ${running.stacks} stacks beside the fleet's`;
  await steps.take(`${what} run here, and each answers as itself`, async () => {
    const folder = join(scratch, 'running');
    mkdirSync(folder);
    const seconds = await runFleet(folder, running, signal);
    facts.push(`${what} ran, all called ${seconds} s after the start`);
  });
  return facts;
};

function measured(app: ReturnType<typeof largeCompany>): readonly Measured[] {
  return app.synth().stacks.map(({ stackName, template }) => {
    const { Resources, Outputs = {} } = template as CloudFormationTemplate & { readonly Outputs?: object };
    const bytes = Buffer.byteLength(JSON.stringify(template));
    return { name: stackName, bytes, resources: Resources, outputs: Object.keys(Outputs).length };
  });
}

function told({ what, most, limit, where }: Extent): string {
  return `${what}: ${most.toLocaleString('en')} of ${limit.toLocaleString('en')} (${where})`;
}
