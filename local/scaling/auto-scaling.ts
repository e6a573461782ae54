import { type AlarmRule, evaluationRange } from '../../core/scaling/alarm';
import { AlarmWatch, type ReadPeriods } from '../../core/scaling/alarm-watch';
import { Cooldowns } from '../../core/scaling/cooldowns';
import type { Bounds } from '../../core/scaling/decision';
import { type Policies, Scaler } from '../../core/scaling/scaler';
import { highAlarm, lowAlarm } from '../../core/scaling/target-tracking';
import type { Service } from '../ecs/service';
import type { AlarmRow, Datapoint, ScalingEvent, ScalingRow } from '../local-account';
import { type MetricId, MetricStore } from './metric-store';
import {
  type AlarmProperties,
  alarmRuleOf,
  metricOf,
  type ScalingPolicyProperties,
  steppingOf,
  targetOf,
  trackingOf,
} from './policy-properties';

interface Target {
  readonly service: Service;
  readonly bounds: Bounds;
  readonly cooldowns: Cooldowns;
  /** Absent until it is needed, and again when policies or alarms have changed. */
  scaler?: Scaler | undefined;
  last?: ScalingRow['last'];
}

interface Alarm {
  readonly properties: AlarmProperties;
  readonly name: string;
  /** Addresses of the policies that it calls. */
  readonly calls: readonly string[];
  readonly watch: AlarmWatch;
  /** Until then what is missing was never there: the alarm is younger. Milliseconds since the epoch. */
  readonly from: number;
}

/** CloudWatch looks at alarms of high resolution every ten seconds. */
const LOOK_SECONDS = 10;
/** Programs write their lines together: what belongs to a period is here so many milliseconds after it. */
const LINES_LATE = 250;

/** The account's Application Auto Scaling, and the alarms of CloudWatch: both look at the metrics in the lines that programs write. */
export class AutoScaling {
  private readonly store = new MetricStore();
  private readonly targets = new Map<string, Target>();
  private readonly policies = new Map<string, ScalingPolicyProperties>();
  private readonly alarms = new Map<string, Alarm>();
  private readonly secondMs: number;
  private timer: NodeJS.Timeout | undefined;

  /** @param speed how many seconds of scaling and of alarms pass in one */
  constructor(
    speed: number,
    private readonly tell: (event: ScalingEvent) => void,
  ) {
    this.secondMs = 1000 / speed;
  }

  /** How often programs are to write their metrics, in milliseconds. */
  get intervalMs(): number {
    return LOOK_SECONDS * this.secondMs;
  }

  start(): void {
    this.timer = setInterval(() => this.look(Date.now() - LINES_LATE), this.intervalMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  take(points: readonly Datapoint[]): void {
    this.store.take(points);
  }

  /** @param ref of the scalable target */
  putTarget(ref: string, service: Service, bounds: Bounds): void {
    this.targets.set(ref, { cooldowns: new Cooldowns(), ...this.targets.get(ref), service, bounds });
    service.scaleTo(Math.min(bounds.max, Math.max(bounds.min, service.desiredCount)));
  }

  removeTarget(ref: string): void {
    this.targets.delete(ref);
  }

  /** @param address of its resource */
  putPolicy(address: string, properties: ScalingPolicyProperties): void {
    this.policies.set(address, properties);
    this.review();
  }

  removePolicy(address: string): void {
    this.policies.delete(address);
    this.review();
  }

  putAlarm(address: string, properties: AlarmProperties, name: string, calls: readonly string[]): void {
    const rule = alarmRuleOf(properties, this.secondMs);
    const watch = new AlarmWatch(rule, 60 * this.secondMs, this.readerOf(metricOf(properties), rule));
    this.alarms.set(address, { properties, name, calls, watch, from: Date.now() + (rule.evaluationPeriods + 1) * rule.periodMs });
    this.review();
  }

  removeAlarm(address: string): void {
    this.alarms.delete(address);
    this.review();
  }

  services(): readonly ScalingRow[] {
    return [...this.targets].map(([ref, { service, bounds, last }]) => ({
      ...service.part,
      follows: this.followedBy(ref),
      ...bounds,
      desired: service.desiredCount,
      // As ECS counts them: not what leaves its target group.
      running: service.deployments().reduce((sum, { running }) => sum + running, 0),
      ...(last && { last }),
    }));
  }

  states(): readonly AlarmRow[] {
    return [...this.alarms.values()].map((alarm) => rowOf(alarm));
  }

  private look(now: number): void {
    for (const alarm of this.alarms.values()) {
      const before = alarm.watch.state;
      if (now >= alarm.from || alarm.properties.TreatMissingData !== 'breaching') alarm.watch.look(now);
      const { state } = alarm.watch;
      const changed = state !== before && (state === 'ALARM' || before === 'ALARM');
      if (changed) this.tell({ event: 'alarm', ...rowOf(alarm), before });
    }
    for (const [ref, target] of this.targets) this.scale(ref, target, now);
  }

  private scale(ref: string, target: Target, now: number): void {
    const { service, bounds } = target;
    const from = service.desiredCount;
    target.scaler ??= new Scaler(this.policiesOf(ref), target.cooldowns);
    const decision = target.scaler.decide(now, { capacity: from, isFulfilled: service.isHealthy(), bounds });
    if (decision === undefined) return;
    const { to, why } = decision;
    target.last = { from, to, why, at: new Date().toISOString() };
    this.tell({ event: 'scaled', ...service.part, from, to, why });
    service.scaleTo(to);
  }

  private review(): void {
    for (const target of this.targets.values()) target.scaler = undefined;
  }

  private followedBy(ref: string): string[] {
    const { tracking, stepping } = this.policiesOf(ref);
    return [...tracking, ...stepping].map(({ metric }) => metric);
  }

  private policiesOf(ref: string): Policies {
    const own = [...this.policies].filter(([, properties]) => targetOf(properties) === ref);
    const minuteMs = 60 * this.secondMs;
    return {
      tracking: own.flatMap(([id, properties]) => {
        const policy = trackingOf(properties, this.secondMs);
        if (policy === undefined) return [];
        const read = this.readerOf(policy.metric, highAlarm(policy), lowAlarm(policy));
        return [{ ...policy, id, metric: policy.metric.name, read }];
      }),
      stepping: own.flatMap(([id, properties]) => {
        const policy = steppingOf(properties, this.secondMs);
        if (policy === undefined) return [];
        const callers = [...this.alarms.values()].filter(({ calls }) => calls.includes(id));
        return callers.map(({ properties: alarm }) => {
          const rule = alarmRuleOf(alarm, this.secondMs);
          return { ...policy, id, metric: alarm.MetricName ?? '', alarm: rule, minuteMs, read: this.readerOf(metricOf(alarm), rule) };
        });
      }),
    };
  }

  private readerOf(metric: MetricId, ...rules: readonly AlarmRule[]): ReadPeriods {
    return this.store.watch(metric, Math.max(...rules.map((rule) => (evaluationRange(rule) + 1) * rule.periodMs)));
  }
}

function rowOf({ name, properties, watch: { state, value } }: Alarm): AlarmRow {
  const { MetricName = '', AlarmDescription, Dimensions = [] } = properties;
  const server = Dimensions.find(({ Name }) => Name === 'Server')?.Value;
  return {
    alarm: name,
    metric: MetricName,
    ...(server !== undefined && { server }),
    state,
    ...(value !== undefined && { value }),
    ...(AlarmDescription !== undefined && { description: AlarmDescription }),
  };
}
