import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudFormationTemplate } from '../../../local/local-account';
import { largeCompany, type Size } from '../size/company';
import { type Extent, extentsOf, type Measured } from '../size/limits';
import { playFleet, type Running } from '../size/run';
import type { Scene } from './scene';

/** 200 servers and 1,000 agents, each of whom may use each server. */
const LARGE: Size = { own: 10, teams: 10, each: 19, agents: 1_000 };
/** What runs on this machine: most servers with one instance, or none. */
const RUNNING: Readonly<Record<'short' | 'long', Running>> = {
  short: { servers: 8, stacks: 2, seldom: 0, woken: 0 },
  long: { servers: 60, stacks: 3, seldom: 50, woken: 25 },
};

/** A fleet of any size: what is synthesized stays within every limit, and what stands in several stacks runs. */
export const size: Scene = async (given) => {
  const { scratch, steps, long, say } = given;
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
  const folder = join(scratch, 'running');
  mkdirSync(folder);
  return [...facts, ...(await playFleet(folder, long ? RUNNING.long : RUNNING.short, given))];
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
