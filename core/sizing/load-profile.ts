/** How session lengths are spread about their mean: all the same, memoryless, or most of them short and a few very long. */
export const LENGTHS = ['fixed', 'exponential', 'lognormal'] as const;

export type Lengths = (typeof LENGTHS)[number];

/** A moment of the day's curve; between two of them the share changes evenly, before the first and after the last not at all. */
export interface DayPoint {
  /** Since the beginning. */
  readonly hour: number;
  /** Agents at work, by all there are; from 0 to 1. */
  readonly share: number;
}

/** Agents that count for more than others where slots are short. */
export interface WeightShare {
  /** Of all agents; from 0 to 1. */
  readonly share: number;
  /** As `addAgent` takes it. */
  readonly weight: number;
}

/** What a fleet has to bear. Agents that are at work do one task after another, and each task opens its sessions as it begins. */
export interface LoadProfile {
  readonly agents: number;
  /** Sessions that a task opens on a server. */
  readonly sessionsPerTask: number;
  /** Mean; the sessions of a task end together. */
  readonly sessionMinutes: number;
  readonly sessionLengths: Lengths;
  /** Mean time from one task of an agent to its next one. */
  readonly pauseMinutes: number;
  /** From one call of a session to its next one. */
  readonly thinkSeconds: number;
  /** CPU time that the server and its sidecar take for a call. */
  readonly cpuMs: number;
  readonly hours: number;
  /** Agents of a weight other than 1, spread evenly among all. */
  readonly weights: readonly WeightShare[];
  readonly day: readonly DayPoint[];
  /** Everything that is drawn by chance follows from it. */
  readonly seed: number;
}

/** Numbers of a profile, and what they may be. */
export const RANGES = {
  agents: { least: 1, most: 1_000_000, whole: true },
  sessionsPerTask: { least: 1, most: 1_000, whole: true },
  sessionMinutes: { least: 0.01, most: 10_080, whole: false },
  pauseMinutes: { least: 0, most: 10_080, whole: false },
  thinkSeconds: { least: 0.01, most: 86_400, whole: false },
  cpuMs: { least: 0, most: 600_000, whole: false },
  hours: { least: 0.1, most: 168, whole: false },
  seed: { least: 0, most: 4_294_967_295, whole: true },
} as const satisfies Partial<Record<keyof LoadProfile, Range>>;

export interface Range {
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

export const DEFAULT_PROFILE: LoadProfile = {
  agents: 100,
  sessionsPerTask: 1,
  sessionMinutes: 20,
  sessionLengths: 'exponential',
  pauseMinutes: 0,
  thinkSeconds: 30,
  cpuMs: 5,
  hours: 8,
  weights: [],
  day: [
    { hour: 0, share: 0 },
    { hour: 1 / 6, share: 1 },
  ],
  seed: 1,
};

export function isWithin(value: unknown, { least, most, whole }: Range): value is number {
  return typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value));
}

/** Fractional part of the golden ratio: its multiples are spread more evenly than chance does, however many are taken of them. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Weight of one of the agents: among those at work, be they few or many, each weight has about its share. */
export function weightOfAgent({ weights }: Pick<LoadProfile, 'weights'>, agent: number): number {
  let at = (agent * GOLDEN) % 1;
  for (const { share, weight } of weights) {
    if (at < share) return weight;
    at -= share;
  }
  return 1;
}

/** Share of the agents that are at work. */
export function shareAt({ day }: Pick<LoadProfile, 'day'>, hour: number): number {
  const next = day.findIndex((point) => point.hour > hour);
  if (next <= 0) return (next === 0 ? day[0] : day.at(-1))?.share ?? 1;
  const [from, to] = [day[next - 1], day[next]] as [DayPoint, DayPoint];
  return from.share + ((to.share - from.share) * (hour - from.hour)) / (to.hour - from.hour);
}

/** Most sessions that are wanted at the same time. */
export function peakSessions({ agents, sessionsPerTask, day }: LoadProfile): number {
  const share = day.length === 0 ? 1 : Math.max(...day.map((point) => point.share));
  return Math.ceil(agents * share) * sessionsPerTask;
}

/** CPU that one session takes, in vCPU. */
export function cpuOfSession({ cpuMs, thinkSeconds }: Pick<LoadProfile, 'cpuMs' | 'thinkSeconds'>): number {
  return cpuMs / (cpuMs + thinkSeconds * 1_000);
}
