import { readFileSync } from 'node:fs';
import { MOST } from '../../core/agent-terms';
import {
  type DayPoint,
  DEFAULT_PROFILE,
  isWithin,
  LENGTHS,
  type LoadProfile,
  RANGES,
  type Range,
  type WeightShare,
} from '../../core/sizing/load-profile';
import { membersOf } from '../../meaning/told';
import { CommandError, EXIT } from '../exit';

/** What a profile's file, or the command line, says of a load; the rest is the default. */
export type SomeProfile = Partial<LoadProfile>;

/** The load of all servers, and what differs at some. */
export interface Load {
  readonly all: LoadProfile;
  readonly servers: ReadonlyMap<string, LoadProfile>;
}

/** What may differ from server to server: the agents, their day and their chance are the same for all. */
const OF_A_SERVER = ['sessionsPerTask', 'thinkSeconds', 'cpuMs'] as const;
const HOURS = { least: 0, most: RANGES.hours.most, whole: false };
const SHARES = { least: 0, most: 1, whole: false };
const WEIGHTS = { least: 1, most: MOST.weight, whole: true };
const FIX = 'docs/plan.md has a profile to begin with';

export function loadOf({ all, servers }: Load, server: string): LoadProfile {
  return servers.get(server) ?? all;
}

/** All agents come to work within some minutes, and stay. */
export function rampOf(minutes: number): readonly DayPoint[] {
  return [...(minutes > 0 ? [{ hour: 0, share: 0 }] : []), { hour: minutes / 60, share: 1 }];
}

/** @param flags what the command line says, which comes before what the file says @throws CommandError for what no profile says */
export function readLoad(file: string | undefined, flags: SomeProfile): Load {
  if (file === undefined) return { all: { ...DEFAULT_PROFILE, ...flags }, servers: new Map() };
  const { servers = {}, ...rest } = readObject(file);
  const all = { ...DEFAULT_PROFILE, ...read(file, '', rest, Object.keys(DEFAULT_PROFILE)), ...flags };
  const each = Object.entries(objectIn(file, 'servers', servers)).map(([name, value]): [string, LoadProfile] => {
    const own = read(file, `servers.${name}.`, objectIn(file, `servers.${name}`, value), OF_A_SERVER);
    return [name, { ...all, ...own, ...flags }];
  });
  return { all, servers: new Map(each) };
}

function readObject(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(EXIT.USAGE, `--profile names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code}).`, FIX);
  }
  try {
    return objectIn(file, 'it', JSON.parse(text));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(EXIT.USAGE, `--profile names ${file}, which is no JSON: ${(error as Error).message}`, FIX);
  }
}

function read(file: string, at: string, members: Readonly<Record<string, unknown>>, allowed: readonly string[]): SomeProfile {
  for (const [name, value] of Object.entries(members)) {
    if (!allowed.includes(name)) throw refused(file, `${at}${name}`, value, `only ${allowed.join(', ')}`);
    if (Object.hasOwn(RANGES, name)) {
      const range = RANGES[name as keyof typeof RANGES];
      if (!isWithin(value, range)) throw refused(file, `${at}${name}`, value, inWords(range));
    }
  }
  const { day, sessionLengths, weights } = members;
  if (sessionLengths !== undefined && !LENGTHS.some((lengths) => lengths === sessionLengths))
    throw refused(file, `${at}sessionLengths`, sessionLengths, LENGTHS.join(', '));
  if (day !== undefined && !isDay(day))
    throw refused(file, `${at}day`, day, 'a list of { "hour": from 0, rising, "share": from 0 to 1 }, of one or more');
  if (weights !== undefined && !areWeights(weights))
    throw refused(file, `${at}weights`, weights, `a list of { "share": from 0 to 1, 1 in all at most, "weight": ${inWords(WEIGHTS)} }`);
  return members as SomeProfile;
}

function isDay(day: unknown): day is readonly DayPoint[] {
  if (!Array.isArray(day) || day.length === 0) return false;
  const isPoint = (point: unknown): boolean => {
    const { hour, share } = membersOf(point) ?? {};
    return isWithin(hour, HOURS) && isWithin(share, SHARES);
  };
  return day.every((point, i) => isPoint(point) && (i === 0 || point.hour > day[i - 1].hour));
}

function areWeights(weights: unknown): weights is readonly WeightShare[] {
  if (!Array.isArray(weights)) return false;
  const told = weights.map(membersOf);
  if (!told.every((members) => isWithin(members?.share, SHARES) && isWithin(members?.weight, WEIGHTS))) return false;
  // Shares such as 0.7, 0.2 and 0.1 are a little more than 1 together.
  return told.reduce((sum, members) => sum + (members?.share as number), 0) <= 1 + Number.EPSILON * told.length;
}

function objectIn(file: string, what: string, value: unknown): Record<string, unknown> {
  const members = membersOf(value);
  if (members === undefined) throw refused(file, what, value, 'an object');
  return members;
}

function refused(file: string, what: string, got: unknown, allowed: string): CommandError {
  return new CommandError(
    EXIT.USAGE,
    `${file}: ${what} is ${typeof got === 'number' ? got : JSON.stringify(got)}; allowed: ${allowed}.`,
    FIX,
  );
}

export function inWords({ least, most, whole }: Range): string {
  return `${whole ? 'a whole number' : 'a number'} from ${least} to ${most}`;
}
