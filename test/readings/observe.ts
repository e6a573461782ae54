import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerRow } from '../../ledger/row';
import type { Bench } from './bench';
import type { Leg, Stage } from './clients/leg';
import { playRaw } from './clients/raw';
import { playSdk } from './clients/sdk';
import { playStdio } from './clients/stdio';
import type { BalancerWord } from './fleet/balancer';
import { ANSWER_DIMENSIONS } from './generator/answers';
import type { Case } from './generator/case';
import { toolOf } from './generator/request';
import type { Script } from './generator/script';
import { LONGEST_NAME } from './generator/values';
import { goesOn, type Observation, saysGone } from './properties/observation';
import { openSessions } from './servers/journal';

let attempts = 0;

/** Plays a case on both ways, and gathers what servers and ledger hold of it. */
export async function observe(subject: Case, bench: Bench): Promise<Observation> {
  const base = `${subject.seed.replace(/\W/g, '_')}~${subject.index}~`;
  // A case that is played again is another agent with another mark.
  const attempt = attempts++;
  const [directMark, fleetMark] = [`${base}d${attempt}`, `${base}f${attempt}`];
  const script = scriptOf(subject);
  for (const mark of [directMark, fleetMark]) bench.scripts.set(mark, script);
  const granted = [toolOf(subject), LONGEST_NAME];
  bench.fleet.account.grant(fleetMark, granted);
  const [direct, fleet] = await Promise.all([ending(playDirect(subject, directMark, bench)), ending(playFleet(subject, fleetMark, bench))]);
  const rows = await settledRows(fleetMark, subject, bench);
  if (!saysGone({ subject })) await endedSessions(fleetMark, bench);
  const leftChildren = await remainingChildren(fleetMark, subject, bench);
  const observation = {
    subject,
    granted,
    direct,
    fleet,
    rows,
    leftChildren,
    directDeeds: bench.journal.of(directMark),
    fleetDeeds: bench.journal.of(fleetMark),
  };
  for (const mark of [directMark, fleetMark]) {
    bench.scripts.delete(mark);
    bench.journal.forget(mark);
  }
  return observation;
}

function scriptOf({ values }: Case): Script {
  const names = [...Object.keys(ANSWER_DIMENSIONS), 'output', 'reading', 'sessionId', 'opening', 'cancelled', 'resumed', 'removal', 'key'];
  return Object.fromEntries(names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])));
}

function wordOf(value: string): BalancerWord {
  return value === 'close' ? 'close' : Number(value);
}

async function playDirect(subject: Case, mark: string, bench: Bench): Promise<Leg> {
  const server = subject.values.server ?? 'worst';
  if (server === 'stdio-sdk' || server === 'stdio-worst') {
    const path = server === 'stdio-sdk' ? bench.programs.stdioSdk : bench.programs.stdioWorst;
    return playStdio(subject, { origin: '', path, mark }, bench.childEnvironment);
  }
  // Byte by byte also where an official client is used through us: what it hides is seen here.
  return playRaw(subject, { origin: bench.origins[server] as string, path: '/mcp', mark });
}

async function playFleet(subject: Case, mark: string, { fleet }: Bench): Promise<Leg> {
  const { server, client, balancer } = subject.values;
  const { words } = fleet.balancer;
  const around = { begin: () => void words.set(mark, wordOf(balancer as string)), end: () => void words.delete(mark) };
  const stage: Stage = {
    origin: fleet.gateway.url,
    path: `/${server}/mcp`,
    mark,
    token: await fleet.account.token(mark),
    ...(balancer !== undefined && { around }),
  };
  return client === 'raw' ? playRaw(subject, stage) : playSdk(subject, stage);
}

/** Milliseconds after which a play is given up: several times what it waits for each of its answers. */
const PLAY_MS = 60_000;

/** What breaks a play, or keeps it from ending, is a finding as well. */
async function ending(play: Promise<Leg>): Promise<Leg> {
  const ends = new AbortController();
  try {
    return await Promise.race([play, sleep(PLAY_MS, broken('it did not end'), { signal: ends.signal })]);
  } catch (error) {
    return broken(`it could not be played: ${(error as Error).message}`);
  } finally {
    ends.abort();
  }
}

function broken(trouble: string): Leg {
  return { sent: [], heard: [], session: false, troubles: [trouble] };
}

/** Milliseconds that a row may take to be settled behind its answer, or a child to end behind its session. */
const SETTLE_MS = 8_000;

async function settledRows(agent: string, subject: Case, { fleet }: Bench): Promise<LedgerRow[]> {
  const open = ({ state }: LedgerRow) => state === 'claimed' || (state === 'sent' && !goesOn(subject));
  return until(
    () => fleet.account.rows(agent),
    (rows) => !rows.some(open),
  );
}

/** A sidecar ends a session at its server when its agent has ended it, and has been told so. */
async function endedSessions(mark: string, { journal }: Bench): Promise<void> {
  const open = async () => openSessions(journal.of(mark));
  await until(open, (sessions) => sessions.length === 0);
}

/** Children of a session that has ended; those of the sessionless era serve their agent until they are idle. */
async function remainingChildren(mark: string, { values }: Case, { journal }: Bench): Promise<string[]> {
  if (values.era === 'modern') return [];
  const started = journal.of(mark).filter(({ what }) => what === 'started');
  return until(
    async () => started.map(({ name }) => name).filter((pid) => isRunning(Number(pid))),
    (running) => running.length === 0,
  );
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until<T>(look: () => Promise<T>, good: (seen: T) => boolean): Promise<T> {
  const deadline = Date.now() + SETTLE_MS;
  for (let pause = 5; ; pause = Math.min(200, pause * 2)) {
    const seen = await look();
    if (good(seen) || Date.now() > deadline) return seen;
    await sleep(pause);
  }
}
