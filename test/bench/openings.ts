import { usageOf } from './generator/usage';
import type { RoundsParts } from './rounds';
import type { StagedTarget } from './stage';
import { between, type Counted, countsOf } from './stand-ins/counts';
import { type Spread, spreadOf } from './statistics';
import { addressOf } from './targets/address';
import type { TargetName } from './targets/targets';

const OPENED: readonly TargetName[] = ['nginx', 'gateway-like', 'sidecar', 'gateway', 'gateway+sidecar'];
/** Sessions that are opened in a round; before the first one as many to warm. */
const SESSIONS = 400;

/** What it takes one target to open a session: `initialize` and `notifications/initialized`. */
export interface OpeningsRow {
  readonly target: string;
  readonly perSecond: Spread;
  /** Microseconds of CPU for each session, of all processes of the target and of each. */
  readonly cpu: Spread;
  readonly cpuBy: Readonly<Record<string, number>>;
  /** To DynamoDB, for each session. */
  readonly tables: Counted;
}

interface Turn {
  readonly seconds: number;
  readonly cpu: readonly number[];
  readonly tables: Counted;
}

/** Opens sessions at each target in turn; one that is not opened ends the run. */
export async function playOpenings(parts: RoundsParts): Promise<readonly OpeningsRow[]> {
  const targets = parts.targets.filter(({ variant }) => OPENED.includes(variant.target));
  const turns = targets.map((): Turn[] => []);
  for (const target of targets) await openAt(target, SESSIONS, parts);
  for (let round = 0; round < parts.rounds; round++) {
    for (let turn = 0; turn < targets.length; turn++) {
      const index = (turn + round) % targets.length;
      turns[index]?.push(await openAt(targets[index] as StagedTarget, SESSIONS * (round + 2), parts));
    }
    parts.say(`  openings: round ${round + 1} of ${parts.rounds}`);
  }
  return targets.map((target, index) => rowOf(target, turns[index] as readonly Turn[]));
}

/** @param upTo sessions that are open then */
async function openAt(target: StagedTarget, upTo: number, { generator, tables, signal }: RoundsParts): Promise<Turn> {
  signal.throwIfAborted();
  const at = await addressOf(target, upTo);
  const taken = () => target.own.map(({ pid }) => usageOf(pid).cpu);
  const [counts, before, beganAt] = [await countsOf(tables), taken(), performance.now()];
  await generator.open(at);
  const seconds = (performance.now() - beganAt) / 1000;
  const cpu = taken().map((after, index) => after - (before[index] ?? 0));
  return { seconds, cpu, tables: between(counts, await countsOf(tables)) };
}

function rowOf(target: StagedTarget, turns: readonly Turn[]): OpeningsRow {
  const each = (of: (turn: Turn) => number): Spread => spreadOf(turns.map(of));
  const microseconds = (seconds: number) => (seconds * 1e6) / SESSIONS;
  const perSession = (name: keyof Counted) => each(({ tables }) => tables[name] / SESSIONS).median;
  return {
    target: target.variant.name,
    perSecond: each(({ seconds }) => SESSIONS / seconds),
    cpu: each(({ cpu }) => microseconds(cpu.reduce((sum, seconds) => sum + seconds, 0))),
    cpuBy: Object.fromEntries(target.own.map(({ name }, index) => [name, each(({ cpu }) => microseconds(cpu[index] ?? 0)).median])),
    tables: { requests: perSession('requests'), writes: perSession('writes'), bytes: perSession('bytes') },
  };
}
