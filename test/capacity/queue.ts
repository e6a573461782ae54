import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet } from '../suites/fleet';
import { jainIndex, quantile } from './figures';
import { withFleet } from './fleet-app';
import type { Scene, Seen } from './scene';
import { closeSession, type Opener, openSession } from './sessions';
import { settled } from './spread';

/** A server of few slots. */
const NARROW = { name: 'narrow', instances: 2, slots: 5 } as const;

/** Callers for each slot. */
const OVERLOAD = 10;
/** How long a session is held, in milliseconds. */
const HELD_MS = 200;
const FAIR = 0.95;
/** What a gateway may have more than before, in MiB: waiters are kept, and that is all. */
const MORE_MIB = 100;

/**
 * Ten times as many callers as there are slots, the greediest agent with three times as many as the most modest one. Agents get equal
 * shares, whoever waits is answered, and in the end no slot is taken.
 */
export const playQueue: Scene = ({ seconds }, stage) => withFleet(NARROW, stage, (fleet, openers) => overload(fleet, openers, seconds));

async function overload(fleet: Fleet, openers: readonly Opener[], seconds: number): Promise<Seen> {
  const slots = NARROW.instances * NARROW.slots;
  const callers = openers.flatMap((opener, agent) =>
    Array.from({ length: callersOf(agent, openers.length, slots * OVERLOAD) }, () => ({ opener, agent })),
  );
  const granted = openers.map(() => 0);
  const waits: number[] = [];
  const opens: number[] = [];
  const closes: number[] = [];
  const problems: string[] = [];
  let turnedAway = 0;
  const before = await residentMib(fleet);
  const until = Date.now() + seconds * 1_000;
  const call = async ({ opener, agent }: (typeof callers)[number]): Promise<void> => {
    while (Date.now() < until) {
      const opened = await openSession(opener);
      waits.push(opened.ms);
      if (opened.kind === 'wrong') problems.push(opened.what);
      if (opened.kind === 'turned away') turnedAway++;
      if (opened.kind !== 'open') continue;
      opens.push(performance.now());
      // What came after the end says nothing of shares: then everybody leaves.
      if (Date.now() < until) granted[agent] = (granted[agent] ?? 0) + 1;
      await delay(HELD_MS);
      closes.push(performance.now());
      const wrong = await closeSession(opener, opened.id);
      if (wrong !== undefined) problems.push(wrong);
    }
  };
  await Promise.all(callers.map(call));
  const after = await residentMib(fleet);
  const left = (await settled(fleet, 0, NARROW.name)).reduce((sum, one) => sum + one, 0);
  const sessions = granted.reduce((sum, one) => sum + one, 0);
  // From the end of one session, its DELETE included, until the next one of that slot has begun.
  const idleMs = Math.round((seconds * 1_000 * slots) / sessions - HELD_MS);
  const wakeMs = wakeUps(opens, closes, slots);
  const fairness = jainIndex(granted);
  const more = Math.max(...[...after].map(([pid, mib]) => mib - (before.get(pid) ?? mib)));
  const figures = {
    callers: callers.length,
    slots,
    seconds,
    granted,
    fairness,
    idleMs,
    turnedAway,
    left,
    gatewayMib: Object.fromEntries(after),
    problems: problems.slice(0, 20),
    wakeMs,
    waitMs: { p50: quantile(waits, 0.5), p95: quantile(waits, 0.95), longest: Math.max(...waits) },
  };
  return {
    passed: problems.length === 0 && fairness >= FAIR && left === 0 && more <= MORE_MIB,
    fact: `${callers.length} callers for ${slots} slots: ${sessions} sessions, fairness ${fairness.toFixed(3)}, a slot idle for ${idleMs} ms between two (p50 ${wakeMs.p50}, p95 ${wakeMs.p95}, at most ${wakeMs.max}), ${turnedAway} turned away, ${problems.length} wrong, ${left} slots left taken`,
    figures,
  };
}

/** From the end of each session, its DELETE included, until whoever took its slot had a session; in milliseconds. */
function wakeUps(opens: readonly number[], closes: readonly number[], slots: number): { p50: number; p95: number; max: number } {
  // Slots have no names: the first that becomes free is taken by the first session beyond those that found all of them free.
  const [ends, begins] = [closes.toSorted((a, b) => a - b), opens.toSorted((a, b) => a - b).slice(slots)];
  const waited = begins.map((at, turn) => Math.round(at - (ends[turn] as number)));
  return { p50: quantile(waited, 0.5), p95: quantile(waited, 0.95), max: Math.max(...waited) };
}

/** The callers of an agent: the last one has three times as many as the first. */
function callersOf(agent: number, agents: number, all: number): number {
  const weight = (at: number): number => 1 + (2 * at) / (agents - 1);
  const sum = Array.from({ length: agents }, (_, at) => weight(at)).reduce((total, one) => total + one, 0);
  return Math.round((all * weight(agent)) / sum);
}

/** Resident memory of each gateway, by process id. */
async function residentMib({ processes }: Fleet): Promise<Map<number, number>> {
  const gateways = (await processes.rows()).filter(({ role }) => role === 'gateway');
  return new Map(
    gateways.map(({ pid }) => {
      const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      return [pid, Math.round(Number(kib) / 1024)];
    }),
  );
}
