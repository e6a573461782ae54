import { type Minute, type Waits, waitsOf } from '../../../core/sizing/outcome';
import type { Timeline } from '../../../core/sizing/timeline';
import type { Datapoint, LocalAccount } from '../../../local/local-account';
import { CPU_METRIC } from './cpu-metric';
import type { Sought } from './crowd';

/** What a server was at the end of a minute of its account, and in it. */
export interface RecordedMinute extends Minute {
  /** Slots in use, and CPU, on average in percent; absent where nobody told of them. */
  readonly slots: number | undefined;
  readonly cpu: number | undefined;
}

/** One server through a run. */
export interface ServerRecord {
  readonly server: string;
  readonly minutes: readonly RecordedMinute[];
  readonly sessions: Sought;
  /** Of those that were opened. */
  readonly waits: Waits;
  /** From the decision to add an instance until it told of itself, as a median in seconds of this machine; absent where none was added. */
  readonly startSeconds?: number;
}

/** When a server was given more instances, in milliseconds since the epoch. */
export interface Growth {
  readonly server: string | undefined;
  readonly at: number;
}

const MINUTE = 60_000;
const PULSES_OF_MINUTE = 6;

/** Keeps what the account tells of its servers: its services as they are, and the metrics in the lines of its programs. */
export class Recorder {
  /** At the end of each minute, by server. */
  private readonly instances = new Map<string, number[]>();
  private readonly began = Date.now();

  /** @param time of the account, which begins now */
  constructor(
    private readonly account: LocalAccount,
    private readonly growths: readonly Growth[],
    private readonly speed: number,
    time: Timeline,
  ) {
    time.every(MINUTE, () => this.look());
  }

  recordOf(server: string, sessions: Sought): ServerRecord {
    const points = this.account.datapoints().filter(({ dimensions, at }) => dimensions.Server === server && at >= this.began);
    const minuteMs = MINUTE / this.speed;
    const minutes = (this.instances.get(server) ?? []).map((instances, minute) => {
      const within = points.filter(({ at }) => Math.floor((at - this.began) / minuteMs) === minute);
      return { instances, ...minuteOf(within, minuteMs / PULSES_OF_MINUTE) };
    });
    const waits = waitsOf(waitsOfOpened(valuesOf(points, 'QueueWait'), sessions));
    const starts = this.startsOf(server, points).toSorted((a, b) => a - b);
    return { server, minutes, sessions, waits, ...(starts.length > 0 && { startSeconds: (starts[starts.length >> 1] as number) / 1_000 }) };
  }

  /** In milliseconds, of each instance that was added. */
  private startsOf(server: string, points: readonly Datapoint[]): number[] {
    const firsts = new Map<string, number>();
    for (const { name, source, at } of points) if (name === 'SlotUtilization' && !firsts.has(source)) firsts.set(source, at);
    // It tells of itself after the first pulse.
    const began = [...firsts.values()].map((at) => at - MINUTE / PULSES_OF_MINUTE / this.speed);
    return began.flatMap((at) => {
      const growth = this.growths.findLast((one) => one.server === server && one.at <= at);
      return growth === undefined ? [] : [at - growth.at];
    });
  }

  private look(): void {
    for (const { server, desired, running } of this.account.scaling().services) {
      if (server === undefined) continue;
      const counts = this.instances.get(server) ?? [];
      // Those that start are paid for, and so are those that shall end and hold sessions.
      counts.push(Math.max(desired, running));
      this.instances.set(server, counts);
    }
  }
}

/** Gateways tell what whoever waited has waited: whoever was refused for longest, and most did not wait at all. */
function waitsOfOpened(waited: readonly number[], { opened, refused }: Sought): number[] {
  const granted = waited.toSorted((a, b) => a - b).slice(0, waited.length - refused);
  return [...Array<number>(Math.max(0, opened - granted.length)).fill(0), ...granted];
}

function minuteOf(points: readonly Datapoint[], pulseMs: number): Omit<RecordedMinute, 'instances'> {
  // Each tells in every pulse; what has not told in the last two is gone.
  const newest = Math.max(...points.map(({ at }) => at));
  const recent = points.filter(({ at }) => at > newest - 2 * pulseMs);
  return {
    sessions: sum(lastOfEach(recent, 'ActiveSessions')),
    waiting: sum(lastOfEach(recent, 'QueueDepth')),
    refused: sum(valuesOf(points, 'Rejected')),
    slots: meanOf(valuesOf(points, 'SlotUtilization')),
    cpu: meanOf(valuesOf(points, CPU_METRIC)),
  };
}

function valuesOf(points: readonly Datapoint[], metric: string): number[] {
  return points.filter(({ name }) => name === metric).map(({ value }) => value);
}

/** What each instance or gateway has said last. */
function lastOfEach(points: readonly Datapoint[], metric: string): number[] {
  return [...new Map(points.filter(({ name }) => name === metric).map(({ source, value }) => [source, value])).values()];
}

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
