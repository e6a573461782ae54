import { setImmediate } from 'node:timers/promises';
import type { LoadProfile } from '../../core/sizing/load-profile';
import type { Outcome } from '../../core/sizing/outcome';
import { monthlyCost } from '../../core/sizing/prices';
import { capsFor, leastThat, slotsByCpu } from '../../core/sizing/recommendation';
import type { ServerLoad } from '../../core/sizing/recorded-load';
import type { PolicyOf } from '../../core/sizing/scaling-policy';
import { Simulation } from '../../core/sizing/simulation';
import type { SizedServer } from '../../core/sizing/sized-server';
import type { Replayed } from './replay';
import type { PlannedServer } from './servers';

/** A server with its caps, and what became of the load there. */
export interface Variant extends Outcome {
  readonly perInstance: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  /** US dollars a month, if each hour were like those of the profile. */
  readonly cost: number;
}

export interface ServerPlan {
  readonly fleet: string;
  readonly server: string;
  /** The load, where it is made up. */
  readonly profile?: LoadProfile;
  /** The load, where it was there before. */
  readonly replayed?: Replayed;
  /** What the CPU of an instance bears; absent where a call takes none. */
  readonly sessionsByCpu?: number;
  readonly deployed: Variant;
  readonly cpu: Variant;
  readonly recommended: Variant;
}

/** A load, and what is told of it. */
export type ToldLoad = Pick<ServerPlan, 'profile' | 'replayed'> & { readonly load: ServerLoad };

/** Hears how far a simulation is, from 0 to 1. */
export type OnProgress = (what: string, share: number) => void;

export interface PlanOptions {
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/** Simulated minutes in one go. */
const SLICE = 10;
/** Least instances are looked for to such a share of the most. */
const NEAR = 16;

export async function planServer(planned: PlannedServer, { load, ...told }: ToldLoad, options: PlanOptions): Promise<ServerPlan> {
  const { fleet, size, target, deployed, byCpu } = planned;
  const run = (what: string, server: SizedServer, policyOf: PolicyOf): Promise<Variant> =>
    simulated(new Simulation(server, load, policyOf), server, { ...options, what: `${size.name}, ${what}` });
  const caps = capsFor(size, load, target);
  const recommended = await leastThat(
    { from: caps.min, to: caps.max, step: Math.ceil(caps.max / NEAR) },
    (min) => run(`from ${min} to ${caps.max} instances`, { ...caps, min }, deployed),
    ({ sessions }) => sessions.refused === 0,
  );
  return {
    fleet: fleet.name,
    server: size.name,
    ...told,
    ...(load.cpuMs > 0 && { sessionsByCpu: slotsByCpu(size, load) }),
    deployed: await run('as it is deployed', size, deployed),
    cpu: await run('by CPU', size, byCpu),
    recommended: recommended.result,
  };
}

/** In slices, between which Ctrl-C is heard. */
async function simulated(
  simulation: Simulation,
  { slots, min, max, task }: SizedServer,
  { what, onProgress, signal }: PlanOptions & { readonly what: string },
): Promise<Variant> {
  while (simulation.advance(SLICE)) {
    onProgress(what, simulation.progress);
    await setImmediate();
    signal.throwIfAborted();
  }
  const outcome = simulation.outcome();
  return { perInstance: slots, minInstances: min, maxInstances: max, ...outcome, cost: monthlyCost(task, outcome.instances.mean) };
}
