import type { LedgerRow } from '../../../ledger/row';
import type { ProcessRow } from '../../../local/local-account';
import type { Fleet } from '../../suites/fleet';
import { eventually } from '../../suites/waiting';
import type { Opener } from '../sessions';
import { type Blow, endsInstance } from './blows';
import { miscounted, toldCounts } from './counts';
import { HeldSession } from './held-session';

/** What was seen of one blow. */
export interface Struck extends Blow {
  /** One in each session. */
  readonly calls: number;
  /** Those of the process that was struck. */
  readonly underWay: number;
  /** From the signal until the process was gone. */
  readonly goneMs: number;
  /** From the signal until all counts were right; for SIGTERM, from its end. */
  readonly countedMs: number;
  readonly problems: readonly string[];
}

export interface Stricken {
  readonly fleet: Fleet;
  readonly openers: readonly Opener[];
  /** Keys of the calls that a server has begun. */
  readonly begun: ReadonlySet<string>;
}

/** How long each call takes, in seconds: longer than it takes to begin all of them, and until others find what ends unhealthy. */
const CALL_SECONDS = 8;
/** One of so many sessions has a stream. */
const LISTENS_EVERY = 5;
/** Within these what SIGTERM ends must be gone (a gateway's drain), and the counts be right; in milliseconds. */
const GONE_MS = 100_000;
const COUNTED_MS = 10_000;
/** Within these what an instance answered last is written down: long before the janitor looks. */
const SETTLED_MS = 5_000;
const BEGUN_MS = 60_000;
const AT_ONCE = 8;

export async function strike(blow: Blow, count: number, { fleet, openers, begun }: Stricken): Promise<Struck> {
  const { processes } = fleet;
  const sessions = await openSessions(openers, count);
  await Promise.all(sessions.filter((_, at) => at % LISTENS_EVERY === 0).map((session) => session.listen()));
  const calls = sessions.map((session) => session.begin(CALL_SECONDS));
  await eventually('all calls are under way', async () => calls.every(({ key }) => begun.has(key)), BEGUN_MS);
  for (const { leave } of calls.filter((_, at) => at % 2 === 0)) leave();
  const keys = new Set(calls.map(({ key }) => key));
  const victim = (await processes.rows()).find(({ role }) => role === blow.role);
  if (victim === undefined) throw new Error(`there is no ${blow.role} to strike`);
  const underWay = await callsOf(victim, sessions, await rowsOf(fleet, keys), fleet);

  const struckAt = Date.now();
  process.kill(victim.pid, blow.signal);
  // ECS stops what the load balancer finds unhealthy meanwhile: it is told to end once more.
  if (blow.signal === 'SIGTERM') process.kill(victim.pid, blow.signal);
  await eventually(`${blow.what} has ended it`, async () => !(await processes.rows()).some(({ pid }) => pid === victim.pid), GONE_MS);
  const goneMs = Date.now() - struckAt;

  const standing = sessions.filter(({ instance }) => !endsInstance(blow) || instance !== victim.task);
  const since = blow.signal === 'SIGTERM' ? Date.now() : struckAt;
  const wrong = async (): Promise<readonly string[]> => miscounted(await toldCounts(fleet), realCounts(standing));
  await eventually('counts are right', async () => (await wrong()).length === 0, COUNTED_MS).catch(() => undefined);
  const countedMs = Date.now() - since;
  const problems = [...(await wrong()), ...(blow.signal === 'SIGTERM' ? await unsettledOf(fleet, keys) : [])];
  await processes.whole();
  problems.push(...(await misjudged(sessions, standing)));
  await Promise.all(standing.map((session) => session.close()));
  return { ...blow, calls: count, underWay, goneMs, countedMs, problems: problems.map((problem) => `${blow.what}: ${problem}`) };
}

async function openSessions(openers: readonly Opener[], count: number): Promise<HeldSession[]> {
  const sessions: HeldSession[] = [];
  while (sessions.length < count) {
    const some = Array.from(
      { length: Math.min(AT_ONCE, count - sessions.length) },
      (_, i) => openers[(sessions.length + i) % openers.length] as Opener,
    );
    sessions.push(...(await Promise.all(some.map((opener) => HeldSession.open(opener)))));
  }
  return sessions;
}

async function rowsOf(fleet: Fleet, keys: ReadonlySet<string>): Promise<readonly LedgerRow[]> {
  return (await fleet.ledger()).filter(({ idempotencyKey }) => idempotencyKey !== undefined && keys.has(idempotencyKey));
}

/** What is not known to be done although it was waited for: an answer that an instance gave last is written down after the instance is gone. */
async function unsettledOf(fleet: Fleet, keys: ReadonlySet<string>): Promise<readonly string[]> {
  const open = async (): Promise<readonly LedgerRow[]> => (await rowsOf(fleet, keys)).filter(({ state }) => state !== 'confirmed');
  await eventually('calls are settled', async () => (await open()).length === 0, SETTLED_MS).catch(() => undefined);
  return (await open()).map(({ state }) => `a call is ${state}`);
}

/** How many calls are under way at a process: through that gateway, or on that instance. */
async function callsOf(
  victim: ProcessRow,
  sessions: readonly HeldSession[],
  rows: readonly LedgerRow[],
  { processes }: Fleet,
): Promise<number> {
  if (victim.role !== 'gateway') return sessions.filter(({ instance }) => instance === victim.task).length;
  const owners = [...new Set(rows.map(({ owner }) => owner))];
  const struck = await Promise.all(owners.map(async (owner) => (await processes.ofGateway(owner)).some(({ pid }) => pid === victim.pid)));
  return rows.filter(({ owner }) => struck[owners.indexOf(owner)]).length;
}

/** By instance. */
function realCounts(sessions: readonly HeldSession[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { instance } of sessions) counts.set(instance, (counts.get(instance) ?? 0) + 1);
  return counts;
}

/** Sessions that are open and should be lost, or the other way round: their servers know. */
async function misjudged(sessions: readonly HeldSession[], standing: readonly HeldSession[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const session of sessions) {
    const stands = standing.includes(session);
    if ((await session.isOpen()) !== stands) found.push(`a session that ${stands ? 'stands is lost' : 'is lost stands'}`);
  }
  return found;
}
