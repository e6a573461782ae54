import { USUAL } from './crowd';
import type { Sample } from './generator/job';
import type { Load } from './loads';
import { calibrate } from './noise';
import type { BenchStage, StagedTarget } from './stage';
import { between, type Counted, countsOf, setDelay } from './stand-ins/counts';
import { addressOf } from './targets/address';

export interface RoundsParts extends Omit<BenchStage, 'stop'> {
  readonly rounds: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** One target's turn in one round. */
export interface Turn extends Sample {
  /** What came to DynamoDB, the warming included. */
  readonly tables: Counted;
}

/** What a load has shown: for each target its turns, round for round. */
export interface Played {
  readonly load: Load;
  readonly turns: ReadonlyMap<StagedTarget, readonly Turn[]>;
  /** Milliseconds that work which is always the same took, round for round. */
  readonly calibrations: readonly number[];
}

/** Before the first round each target is warmed for so many times as long, until all that is called often is compiled. */
const FIRST_WARMING = 4;

/** Puts each target under the load once in every round, in an order that rotates: what others do on this machine meets all alike. */
export async function playRounds(load: Load, parts: RoundsParts): Promise<Played> {
  const targets = parts.targets.filter(({ variant }) => load.targets?.includes(variant.target) ?? true);
  const turns = new Map<StagedTarget, Turn[]>(targets.map((target) => [target, []]));
  const calibrations: number[] = [];
  await setDelay(parts.tables, load.tableMs ?? 0);
  for (const target of targets) await takeTurn(load, target, parts, parts.seconds * FIRST_WARMING);
  for (let round = 0; round < parts.rounds; round++) {
    calibrations.push(calibrate());
    for (let index = 0; index < targets.length; index++) {
      const target = targets[(index + round) % targets.length] as StagedTarget;
      turns.get(target)?.push(await takeTurn(load, target, parts));
    }
    parts.say(`  ${load.name}: round ${round + 1} of ${parts.rounds}, ${noiseIn(round, [...turns.values()], calibrations)}`);
  }
  return { load, turns, calibrations };
}

function noiseIn(round: number, turns: readonly (readonly Turn[])[], calibrations: readonly number[]): string {
  const others = Math.max(...turns.map((taken) => taken[round]?.others ?? 0));
  return `others had up to ${Math.round(others * 100)} % of the machine, calibration ${calibrations[round]?.toFixed(0)} ms`;
}

async function takeTurn(load: Load, target: StagedTarget, parts: RoundsParts, warmSeconds = parts.seconds): Promise<Turn> {
  const { generator, upstream, tables, seconds, signal } = parts;
  signal.throwIfAborted();
  const { connections, sessions, crowd, call, perSecond } = load;
  const at = await addressOf(target, sessions, { ...USUAL, ...crowd });
  await generator.open(at);
  const before = await countsOf(tables);
  const sample = await generator.sample({
    ...at,
    connections,
    call,
    ...(perSecond !== undefined && { perSecond }),
    warmMs: warmSeconds * 1000,
    sampleMs: seconds * 1000,
    pids: [...target.own, upstream, tables].map(({ pid }) => pid),
  });
  return { ...sample, tables: between(before, await countsOf(tables)) };
}
