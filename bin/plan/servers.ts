import { type PolicyOf, scalingBy } from '../../core/sizing/scaling-policy';
import type { SizedServer, TaskSize } from '../../core/sizing/sized-server';
import { type FleetInApp, gatewaysOf, partsOf } from '../../meaning/fleets-in-app';
import { type DeclaredSize, type DeclaredTaskSize, declaredSizes } from '../../meaning/sizes';
import { CommandError, EXIT } from '../exit';
import type { Load } from './profile';

/** What the command line says in place of the template. */
export interface Overrides {
  readonly perInstance?: number;
  readonly minInstances?: number;
  readonly maxInstances?: number;
  readonly target?: number;
  readonly startSeconds: number;
}

/** A server, and the two policies that are held beside each other. */
export interface PlannedServer {
  readonly fleet: FleetInApp;
  readonly size: SizedServer;
  /** Percent. */
  readonly target: number;
  readonly deployed: PolicyOf;
  readonly byCpu: PolicyOf;
}

/** What CPU scaling would be set to. */
export const CPU_TARGET = 70;
const SECOND = 1_000;
/** Where `--min-instances 0` is tried on a server that does not say it, as the constructs have it. */
const DEFAULT_KEEP_IDLE = 15 * 60;

/**
 * Those that fleets run themselves, in whatever stack of the app, as templates and the command line say.
 * @param only names of those that are planned; all where there is none
 * @throws CommandError for what neither says
 */
export function plannedServers(fleets: readonly FleetInApp[], only: readonly string[], given: Overrides): readonly PlannedServer[] {
  const declared = fleets.flatMap((fleet) =>
    partsOf(fleet)
      .flatMap(declaredSizes)
      .map((size) => ({ fleet, size })),
  );
  const names = declared.map(({ size }) => size.name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw noServer(`--server names "${unknown}", and no fleet runs it`, names);
  if (declared.length === 0)
    throw new CommandError(EXIT.USAGE, 'The fleet runs no server itself: there is nothing to plan.', 'name another --app');
  return declared.filter(({ size }) => only.length === 0 || only.includes(size.name)).map(({ fleet, size }) => planned(fleet, size, given));
}

/** @throws CommandError for a server of the profile that is not planned */
export function assureKnown({ servers }: Load, planned: readonly PlannedServer[]): void {
  const names = planned.map(({ size }) => size.name);
  const unknown = [...servers.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) throw noServer(`The profile's "servers" names "${unknown}", which is not planned`, names);
}

function noServer(what: string, names: readonly string[]): CommandError {
  return new CommandError(EXIT.USAGE, `${what}; allowed: ${names.join(', ')}.`);
}

function planned(fleet: FleetInApp, declared: DeclaredSize, given: Overrides): PlannedServer {
  const { name, queue, tracking, steps } = declared;
  const told = (flag: string, value: number | undefined): number => {
    if (value !== undefined) return value;
    throw new CommandError(
      EXIT.USAGE,
      `Of server "${name}" the template does not tell ${flag}: only deployment knows it.`,
      `give --${flag}`,
    );
  };
  const min = told('min-instances', given.minInstances ?? declared.min);
  const max = told('max-instances', given.maxInstances ?? declared.max);
  const target = told('target', given.target ?? declared.tracking.target);
  if (min > max) {
    const fix = 'give --min-instances and --max-instances that go together';
    throw new CommandError(EXIT.USAGE, `Server "${name}" would have ${min} instances at least and ${max} at most.`, fix);
  }
  const size = {
    name,
    slots: told('per-instance', given.perInstance ?? declared.slots),
    min,
    max,
    task: taskSize(declared.task),
    gateways: gatewaysOf(fleet),
    queue,
    startSeconds: given.startSeconds,
    ...(min === 0 && { keepIdleSeconds: declared.keepIdleSeconds ?? DEFAULT_KEEP_IDLE }),
  };
  const cooldowns = {
    scaleOutCooldownMs: tracking.scaleOutCooldownSeconds * SECOND,
    scaleInCooldownMs: tracking.scaleInCooldownSeconds * SECOND,
  };
  const demand = steps.length === 0 ? undefined : { steps, cooldownMs: declared.stepCooldownSeconds * SECOND };
  return {
    fleet,
    size,
    target,
    deployed: scalingBy({ metric: 'SlotUtilization', target, ...cooldowns }, demand),
    byCpu: scalingBy({ metric: 'CPUUtilization', target: CPU_TARGET, ...cooldowns }),
  };
}

/** What the constructs choose where nothing is said stands for what only deployment knows. */
export function taskSize({ vcpu = 0.5, gib = 1, processor }: DeclaredTaskSize): TaskSize {
  return { vcpu, gib, processor };
}
