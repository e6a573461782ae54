import type { Stage, Verdict } from '../suites/suite';
import { fuzz, fuzzPlanted } from './fuzz/fuzz';
import { fuzzThrough, type Through } from './fuzz/through';
import type { Tally } from './fuzz/worker';
import { type Leaked, leakThrough } from './leaks';
import { leaksIn } from './logs';
import { type Mutated, removeGuards } from './mutations/remove-guards';
import type { Options } from './options';
import { type Played, playAll } from './play';
import { describeMutated, factsOf } from './report';
import type { Threat } from './threat';
import { THREATS } from './threats';
import { Town } from './town/town';

/** What a run has seen. */
export interface Seen {
  readonly played: readonly Played[];
  readonly leaks: readonly string[];
  readonly through?: Through;
  readonly leaked?: Leaked;
  readonly mutated: readonly Mutated[];
  readonly tally?: Tally;
  /** Readers that were broken on purpose, and what they let pass. */
  readonly planted: Readonly<Record<string, string | undefined>>;
}

/** Attacks a running fleet, then removes its guards one by one, and fuzzes reader and policy beside it. */
export async function runSecurity(options: Options, stage: Stage): Promise<Verdict> {
  const chosen = THREATS.filter(({ id }) => options.threats.length === 0 || options.threats.includes(id));
  const inTown = await attackTown(chosen, options, stage);
  const inProcess = await fuzzReader(options, stage);
  const seen: Seen = { ...inTown, ...inProcess };
  const failed = seen.played.filter(({ fault }) => fault !== undefined);
  const faults = [
    ...failed,
    ...seen.leaks,
    ...seen.mutated.filter(({ found }) => !found),
    ...(seen.through?.bypasses ?? []),
    ...(seen.leaked?.found ?? []),
    ...(seen.leaked !== undefined && seen.leaked.tried < seen.leaked.calls ? ['calls that the server never saw'] : []),
    ...(seen.tally?.bypasses ?? []),
    ...Object.values(seen.planted).filter((found) => found === undefined),
  ];
  return {
    passed: faults.length === 0,
    counts: { passed: seen.played.length - failed.length, failed: failed.length },
    facts: factsOf(seen, options),
    document: { seed: options.seed, ...seen },
  };
}

async function attackTown(threats: readonly Threat[], options: Options, stage: Stage): Promise<Omit<Seen, 'planted' | 'tally'>> {
  const { signal, say } = stage;
  const { seed, calls, leaks: tries } = options;
  const town = await Town.start(stage);
  try {
    const played = await playAll(threats, town, signal);
    for (const { threat, attack, fault } of played) if (fault !== undefined) say(`✘ ${threat}: ${attack}: ${fault.slice(0, 600)}`);
    say(`${played.length} attacks of ${threats.length} threats`);
    const through = calls === 0 ? undefined : await fuzzThrough(town, seed, calls, stage);
    for (const bypass of through?.bypasses ?? []) say(`✘ through the fleet: the server did ${bypass}`);
    const leaked = tries === 0 ? undefined : await leakThrough(town, seed, tries, stage);
    for (const found of leaked?.found ?? []) say(`✘ the secret of a server left: ${found}`);
    const leaks = await leaksIn(town);
    for (const leak of leaks) say(`✘ ${leak}`);
    const tell = (mutated: Mutated): void => say(describeMutated(mutated));
    const mutated = await removeGuards(inTurn(threats, options), town, signal, tell);
    return { played, leaks, mutated, ...(through !== undefined && { through }), ...(leaked !== undefined && { leaked }) };
  } finally {
    await town.stop();
  }
}

/** The threats whose guards are removed in a run: others with each seed, so that all have their turn. */
function inTurn(threats: readonly Threat[], { seed, mutations }: Options): readonly Threat[] {
  const first = threats.length === 0 ? 0 : (seed * mutations) % threats.length;
  return [...threats.slice(first), ...threats.slice(0, first)].slice(0, mutations);
}

async function fuzzReader({ seed, messages }: Options, { scratch, signal, say }: Stage): Promise<Pick<Seen, 'planted' | 'tally'>> {
  if (messages === 0) return { planted: {} };
  const tally = await fuzz({ seed, messages, scratch, signal });
  for (const { index, parser, does, text } of tally.bypasses) say(`✘ message ${index}: ${parser} reads ${does} of ${text.slice(0, 300)}`);
  const found = await fuzzPlanted({ seed, scratch, signal });
  const planted = Object.fromEntries(
    [...found].map(([way, bypass]) => [way, bypass && `message ${bypass.index}: ${bypass.parser} reads ${bypass.does}`]),
  );
  for (const [way, what] of Object.entries(planted))
    say(what === undefined ? `✘ broken on purpose (${way}): not found` : `✔ broken on purpose (${way}): ${what}`);
  return { tally, planted };
}
