import { setMaxListeners } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Bank } from '../chaos/bank';
import { Steps } from '../suites/steps';
import type { Stage, Verdict } from '../suites/suite';
import { Account } from './account';
import { buildFormer } from './former';
import type { Load } from './load/load';
import type { Options, SceneName } from './options';
import { makePrograms } from './programs';
import { inert } from './scenes/inert';
import { life } from './scenes/life';
import type { Scene } from './scenes/scene';
import { skew } from './scenes/skew';
import { stacks } from './scenes/stacks';
import { teams } from './scenes/teams';

/** Deploys into local accounts with the CDK command line as it is, and looks at what becomes of agents and data meanwhile. */
export async function runDeploy({ scenes, from }: Options, { scratch, signal, say }: Stage): Promise<Verdict> {
  setMaxListeners(0, signal); // many children hang on it
  const programs = join(scratch, 'programs');
  mkdirSync(programs);
  await makePrograms(programs);
  const bank = await Bank.start();
  const steps = new Steps(say);
  const load: Load[] = [];
  const play = async (name: SceneName, scene: (scene: Scene) => Promise<void>): Promise<void> => {
    if (!scenes.includes(name)) return;
    const assemblies = join(scratch, `${name}-assemblies`);
    mkdirSync(assemblies);
    const account = await Account.start(join(scratch, name), signal);
    try {
      const former = () => buildFormer(join(scratch, 'former'), from);
      await steps.play(() => scene({ account, steps, bank, programs, assemblies, former }));
    } finally {
      await account.stop();
    }
  };
  try {
    // Side by side, each in an account of its own: what takes long in the first is waiting.
    const playing = [
      play('life', async (scene) => void load.push(await life(scene))),
      play('stacks', stacks)
        .then(() => play('teams', teams))
        .then(() => play('inert', inert))
        .then(() => play('skew', async (scene) => void load.push(await skew(scene)))),
    ];
    await Promise.allSettled(playing);
    await Promise.all(playing);
  } finally {
    bank.stop();
  }
  const { passed, failed } = steps;
  return {
    passed: failed.length === 0,
    counts: { passed, failed: failed.length },
    facts: load.flatMap(factsOf),
    document: { passed, failed },
  };
}

function factsOf({ calls, miscounted }: Load): readonly string[] {
  const count = (outcome: string): number => calls.filter((call) => call.outcome === outcome).length;
  return [
    `${calls.length} calls under load: ${count('failed')} failed, ${count('restored')} sessions restored, ${count('ended')} ended as declared, ${count('removed')} refused by a removed server`,
    `${calls.filter(({ operation }) => operation === 'write').length} writes: ${miscounted.length} lost or run twice`,
  ];
}
