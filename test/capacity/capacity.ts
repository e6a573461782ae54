import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage, Verdict } from '../suites/suite';
import { playEnds } from './ends/scene';
import { playForecast } from './forecast/scene';
import { playMission } from './mission/scene';
import type { Options, SceneName } from './options';
import { playQueue } from './queue';
import { playRedeploy } from './redeploy/scene';
import type { Scene, Seen } from './scene';
import { playSpread } from './spread';
import { playWarm } from './warm/scene';

const SCENES: Readonly<Record<SceneName, Scene>> = {
  spread: playSpread,
  queue: playQueue,
  warm: (_options, stage) => playWarm(stage),
  mission: playMission,
  ends: playEnds,
  redeploy: playRedeploy,
  forecast: playForecast,
};

/** These measure, and are played alone. */
const MEASURING: readonly SceneName[] = ['spread', 'queue', 'warm', 'forecast'];
/** What takes long in these is waiting: they are played beside the others. */
const WAITING: readonly SceneName[] = ['redeploy'];

/** Puts fleets to where their slots end, scene by scene. */
export async function runCapacity(options: Options, stage: Stage): Promise<Verdict> {
  const { signal, say } = stage;
  const seen: Partial<Record<SceneName, Seen>> = {};
  const play = async (names: readonly SceneName[]): Promise<void> => {
    for (const name of names) {
      signal.throwIfAborted();
      const scratch = join(stage.scratch, name);
      mkdirSync(scratch);
      const found = await SCENES[name](options, { ...stage, scratch });
      seen[name] = found;
      say(`${found.passed ? '✔' : '✘'} ${name}: ${found.fact}`);
      say(JSON.stringify(found.figures));
    }
  };
  await play(options.scenes.filter((name) => MEASURING.includes(name)));
  const others = options.scenes.filter((name) => ![...MEASURING, ...WAITING].includes(name));
  const playing = [play(options.scenes.filter((name) => WAITING.includes(name))), play(others)];
  // Each ends what it has begun, also where the other one fails.
  await Promise.allSettled(playing);
  await Promise.all(playing);
  const scenes = Object.values(seen);
  return { passed: scenes.every(({ passed }) => passed), facts: scenes.map(({ fact }) => fact), document: seen };
}
