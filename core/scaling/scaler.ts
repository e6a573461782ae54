import type { AlarmRule } from './alarm';
import { AlarmWatch, type ReadPeriods } from './alarm-watch';
import { Cooldowns } from './cooldowns';
import { type Bounds, decide, type Wish, type Wishes } from './decision';
import { type StepScaling, steppedCapacity } from './step-scaling';
import { highAlarm, lowAlarm, type TargetTracking, trackedCapacity } from './target-tracking';

/** A policy, with what reads its metric. */
export interface TrackingPolicy extends TargetTracking {
  readonly id: string;
  readonly metric: string;
  readonly read: ReadPeriods;
}

/** A step scaling policy with an alarm that calls it. */
export interface SteppingPolicy extends StepScaling {
  readonly id: string;
  readonly metric: string;
  readonly alarm: AlarmRule;
  /** A minute, as long as it lasts where scaling runs. */
  readonly minuteMs: number;
  readonly read: ReadPeriods;
}

export interface Policies {
  readonly tracking: readonly TrackingPolicy[];
  readonly stepping: readonly SteppingPolicy[];
}

/** What is scaled, as it is now. */
export interface Scaled {
  /** How many instances there shall be. */
  readonly capacity: number;
  /** Whether they are there. */
  readonly isFulfilled: boolean;
  readonly bounds: Bounds;
}

/**
 * Scales one target as Application Auto Scaling does: pure but for what it remembers of alarms and cooldowns. Asked at least once in each
 * period of its alarms, also by a simulation, whose clock is its own.
 */
export class Scaler {
  private readonly tracking: readonly { readonly policy: TrackingPolicy; readonly high: AlarmWatch; readonly low: AlarmWatch }[];
  private readonly stepping: readonly { readonly policy: SteppingPolicy; readonly watch: AlarmWatch }[];

  /** @param cooldowns of the target, which outlive a change of its policies */
  constructor(
    { tracking, stepping }: Policies,
    private readonly cooldowns = new Cooldowns(),
  ) {
    this.tracking = tracking.map((policy) => ({
      policy,
      high: new AlarmWatch(highAlarm(policy), policy.minuteMs, policy.read),
      low: new AlarmWatch(lowAlarm(policy), policy.minuteMs, policy.read),
    }));
    this.stepping = stepping.map((policy) => ({ policy, watch: new AlarmWatch(policy.alarm, policy.minuteMs, policy.read) }));
  }

  /** @returns what is to be done, as if it was done already; undefined where nothing changes */
  decide(now: number, { capacity, isFulfilled, bounds }: Scaled): Wish | undefined {
    if (!isFulfilled) this.cooldowns.stillGrowing(now);
    const wish = decide(capacity, this.wishes(now, capacity), bounds);
    if (wish === undefined) return undefined;
    if (wish.to > capacity) this.cooldowns.scaledOut(wish.policy, wish.from, now, wish.cooldownMs);
    else this.cooldowns.scaledIn(now, wish.cooldownMs);
    return wish;
  }

  private wishes(now: number, capacity: number): Wishes {
    const wishes = { out: [] as Wish[], in: [] as Wish[], objection: false };
    for (const { policy, high, low } of this.tracking) {
      const { id, metric, target } = policy;
      const grows = high.look(now);
      const shrinks = low.look(now);
      const seen = (value: number, than: string): string => `${metric} is ${shown(value)}, ${than} ${target}`;
      if (grows && high.value !== undefined) {
        const from = this.cooldowns.baseOf(id, capacity, now);
        const to = trackedCapacity(from, high.value, policy);
        wishes.out.push({ policy: id, from, to, cooldownMs: policy.scaleOutCooldownMs, why: seen(high.value, 'above') });
      }
      if (policy.disableScaleIn) continue;
      if (low.state !== 'ALARM') wishes.objection = true;
      else if (shrinks && low.value !== undefined && this.cooldowns.mayScaleIn(now)) {
        const to = trackedCapacity(capacity, low.value, policy);
        wishes.in.push({ policy: id, from: capacity, to, cooldownMs: policy.scaleInCooldownMs, why: seen(low.value, 'below') });
      }
    }
    for (const { policy, watch } of this.stepping) {
      if (!watch.look(now) || watch.value === undefined) continue;
      const from = this.cooldowns.baseOf(policy.id, capacity, now);
      const to = steppedCapacity(from, watch.value - policy.alarm.threshold, policy);
      const wish = { policy: policy.id, from, to, cooldownMs: policy.cooldownMs, why: `${policy.metric} is ${shown(watch.value)}` };
      if (to > capacity) wishes.out.push(wish);
      else if (to < from && this.cooldowns.mayScaleIn(now)) wishes.in.push(wish);
    }
    return wishes;
  }
}

/** For people: at most one decimal. */
function shown(value: number): string {
  return String(Number(value.toFixed(1)));
}
