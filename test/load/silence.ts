import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../../sidecar/limits';
import { bundlePrograms } from '../suites/bundling';
import { startFleet } from '../suites/fleet';
import type { Stage, Verdict } from '../suites/suite';
import type { AgentSession, Pulse, SessionReply } from './client/agent-session';
import { Edge } from './client/edge';
import { LeanSession } from './client/lean-session';
import { openSdkSession } from './client/sdk-session';
import type { Counted } from './counter';
import { loadFleet, SERVER } from './fleet-app';

const AGENT = 'patient';
const INSTANCES = 2;
const SESSIONS_PER_INSTANCE = 50;
/** A client must wait a little longer than the silence. */
const GRACE_MS = 60_000;
const PROGRESS_MS = 30_000;
/** A GET stream ends by itself some time after that, in seconds; its client then opens another. */
const YOUNGEST_END_SECONDS = (LIMITS.streamAge * 0.75) / 1000;
/** The fleet promises a sign of life at least as often, in seconds. */
const HEARTBEAT_SECONDS = 15;
/** A busy machine may be late by so many. */
const SLACK_SECONDS = 6;

/** How one silence was survived. */
interface Survival {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  /** Comments on the raw stream; absent where an official client hides them. */
  readonly heartbeats?: number;
  /** Longest time between two bytes, in seconds. */
  readonly longestGap?: number;
  /** Requests beyond the first: a stream that was cut and opened again. */
  readonly reconnects: number;
  readonly detail?: string;
}

/**
 * One true run of a long silence: on GET streams, and before the answer of state-changing calls. The official client v1 shows
 * that agents survive it, a lean client counts what keeps them alive; the server itself sends nothing.
 */
export async function runSilence(minutes: number, { scratch, signal, say }: Stage): Promise<Verdict> {
  const seconds = Math.round(minutes * 60);
  const programs = await bundlePrograms('test/load', ['counter-server'], join(scratch, 'programs'));
  const app = loadFleet({
    directory: programs['counter-server'],
    agents: [AGENT],
    instances: INSTANCES,
    perInstance: SESSIONS_PER_INSTANCE,
  });
  const fleet = await startFleet({ app, scratch });
  const startedAt = Date.now();
  const progress = setInterval(() => say(`  silent for ${Math.round((Date.now() - startedAt) / 1000)} of ${seconds} s`), PROGRESS_MS);
  try {
    const token = await fleet.token(AGENT);
    const edge = (): Edge => new Edge(fleet.endpoint(SERVER), token);
    signal.throwIfAborted();
    const interrupted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const silences = Promise.all([
      hearLater('GET stream, SDK v1', 'v1', edge(), seconds),
      // The lean client stays with its one stream.
      hearLater('GET stream, raw', 'lean', edge(), Math.min(seconds, Math.floor(YOUNGEST_END_SECONDS) - 5)),
      ...(['stream', 'json'] as const).flatMap((answers) => [
        callSlowly(`call answered as ${answers}, SDK v1`, 'v1', answers, edge, seconds),
        callSlowly(`call answered as ${answers}, raw`, 'lean', answers, edge, seconds),
      ]),
    ]);
    const survivals = await Promise.race([silences, interrupted]);
    for (const survival of survivals) say(describe(survival));
    const survived = survivals.filter(({ passed }) => passed).length;
    const heartbeats = survivals.flatMap((survival) => survival.heartbeats ?? []);
    return {
      passed: survived === survivals.length,
      counts: { passed: survived, failed: survivals.length - survived },
      facts: [
        `${seconds} s of silence, and no stream cut`,
        `${Math.min(...heartbeats)} to ${Math.max(...heartbeats)} heartbeats on raw streams`,
      ],
      document: { seconds, survivals },
    };
  } finally {
    clearInterval(progress);
    await fleet.stop();
  }
}

/** Something is announced now, and comes on the GET stream after the silence; only by its age may that have ended meanwhile. */
async function hearLater(name: string, kind: 'v1' | 'lean', edge: Edge, seconds: number): Promise<Survival> {
  const nonce = randomUUID();
  let hear: (data: Counted) => void = () => undefined;
  const heard = new Promise<Counted>((resolve) => {
    hear = resolve;
  });
  const session = await openSession(kind, edge, name, (data) => hear(data as Counted));
  let cuts = 0;
  const stream = session instanceof LeanSession ? await session.listen(() => cuts++) : undefined;
  if (stream !== undefined && stream.kind !== 'stream')
    return { name, passed: false, seconds: 0, reconnects: 0, detail: JSON.stringify(stream) };
  const since = Date.now();
  const answer = await session.call('announce', { nonce, seconds });
  const data = await Promise.race([heard, sleep(seconds * 1000 + GRACE_MS, undefined, { ref: false })]);
  const traffic = edge.takeTraffic();
  const reconnects = Math.max(cuts, traffic.GET - 1);
  return {
    name,
    passed:
      answer.kind === 'result' &&
      data?.nonce === nonce &&
      reconnects <= Math.floor(seconds / YOUNGEST_END_SECONDS) &&
      livedOn(stream, seconds),
    seconds: (Date.now() - since) / 1000,
    reconnects,
    ...(stream && { heartbeats: stream.heartbeats, longestGap: stream.longestGapMs / 1000 }),
    ...(data === undefined && { detail: `nothing came; the announcement was answered with ${JSON.stringify(answer).slice(0, 300)}` }),
  };
}

/** A state-changing call whose answer comes after the silence, once. */
async function callSlowly(
  name: string,
  kind: 'v1' | 'lean',
  answers: Counted['answers'],
  edgeOf: () => Edge,
  seconds: number,
): Promise<Survival> {
  const edge = edgeOf();
  const session = await sessionAnsweredAs(answers, kind, edge, name);
  edge.takeTraffic();
  const since = Date.now();
  const reply = await session.call('increment', { nonce: name, seconds }, { timeout: seconds * 1000 + GRACE_MS });
  const took = (Date.now() - since) / 1000;
  const { GET } = edge.takeTraffic();
  const pulse = session instanceof LeanSession ? session.lastPulse : undefined;
  const count = counted(await session.call('count', { nonce: name }))?.count;
  return {
    name,
    passed: counted(reply)?.count === 1 && count === 1 && took >= seconds && GET === 0 && livedOn(pulse, seconds),
    seconds: took,
    reconnects: GET,
    ...(pulse && { heartbeats: pulse.heartbeats, longestGap: pulse.longestGapMs / 1000 }),
    ...(counted(reply) === undefined && { detail: JSON.stringify(reply).slice(0, 300) }),
    ...(count !== 1 && { detail: `it ran ${count} times` }),
  };
}

/** The server answers every second session of an instance with plain JSON; which one it is, is seen by asking. */
async function sessionAnsweredAs(answers: Counted['answers'], kind: 'v1' | 'lean', edge: Edge, name: string): Promise<AgentSession> {
  for (;;) {
    const session = await openSession(kind, edge, name, () => undefined);
    const reply = await session.call('count', { nonce: name });
    if (counted(reply)?.answers === answers) return session;
    if (reply.kind !== 'result') throw new Error(`${name}: ${JSON.stringify(reply)}`);
    await session.end();
  }
}

function openSession(kind: 'v1' | 'lean', edge: Edge, name: string, hear: (data: unknown) => void): Promise<AgentSession> {
  return kind === 'v1' ? openSdkSession('v1', edge, name, hear) : LeanSession.open(edge, name, hear);
}

function counted(reply: SessionReply): Counted | undefined {
  return reply.kind === 'result' && !reply.isError ? (JSON.parse(reply.text) as Counted) : undefined;
}

/** Whether there was a sign of life all the time, where it can be seen. */
function livedOn(pulse: Pulse | undefined, seconds: number): boolean {
  if (pulse === undefined) return true;
  return (
    pulse.heartbeats >= Math.floor(seconds / HEARTBEAT_SECONDS) - 2 && pulse.longestGapMs <= (HEARTBEAT_SECONDS + SLACK_SECONDS) * 1000
  );
}

function describe({ name, passed, seconds, heartbeats, longestGap, reconnects, detail }: Survival): string {
  const life = heartbeats === undefined ? '' : `, ${heartbeats} heartbeats, at most ${longestGap?.toFixed(1)} s apart`;
  return `${passed ? 'ok  ' : 'FAIL'} ${name}: ${seconds.toFixed(1)} s, ${reconnects} reconnects${life}${detail === undefined ? '' : `; ${detail}`}`;
}
