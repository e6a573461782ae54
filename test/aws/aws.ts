import { setMaxListeners } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Steps } from '../suites/steps';
import type { Stage, Verdict } from '../suites/suite';
import type { Options } from './options';
import { SCENES } from './scenes/scenes';

/** Whether what AWS enforces is enforced on this machine, and what a fleet does when AWS fails. */
export async function runAws({ scenes, long }: Options, stage: Stage): Promise<Verdict> {
  setMaxListeners(0, stage.signal); // many children hang on it
  const steps = new Steps(stage.say);
  const facts: string[] = [];
  for (const name of scenes) {
    const scratch = join(stage.scratch, name);
    mkdirSync(scratch);
    stage.say(`── ${name}`);
    await steps.play(async () => {
      facts.push(...((await SCENES[name]?.({ ...stage, scratch, steps, long })) ?? []));
    });
  }
  const { passed, failed } = steps;
  return { passed: failed.length === 0, counts: { passed, failed: failed.length }, facts, document: { passed, failed } };
}
