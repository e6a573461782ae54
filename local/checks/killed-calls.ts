import { randomUUID } from 'node:crypto';
import type { LocalAccount, ProcessRow } from '../local-account';
import type { AgentClient, ClientKind, Reply } from './agent-client';
import { connect, eventually } from './agents';
import { tablesOf } from './tables';

/** A settlement whose server was killed in the middle of it. */
export interface KilledCall {
  readonly client: ClientKind;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Absent for the call that is sent without one. */
  readonly key?: string;
  /** What the agent was told. */
  readonly reply: Reply;
}

interface Replacement {
  /** Pids of the payments servers once the account had as many as before; undefined when it never had. */
  readonly replacedBy: readonly number[] | undefined;
  readonly replacedMs: number;
}

export interface Kill extends Replacement {
  readonly pid: number;
  readonly instance: string;
  /** Those that ran on the killed instance. */
  readonly calls: readonly KilledCall[];
  /** Sessionless calls that were placed on another instance and ended as if nothing had happened. */
  readonly survived: number;
}

/** Long enough to be killed in, short enough to be waited for when a retry without a key runs again. */
const SECONDS = 4;
const REPLACEMENT_LIMIT_MS = 60_000;
/** Sessions are spread over the instances; so many are opened at most to have one on a given instance. */
const PLACEMENTS = 16;
/** A sessionless call goes where the load balancer sends it; of so many at once some meet the killed instance. */
const MODERN_CALLS = 4;

const kills = new WeakMap<LocalAccount, Promise<Kill>>();

/**
 * Kills a payments server with SIGKILL while it runs settlements: with a key by each official client, and one without.
 * Happens once per account; resolves when the account has replaced the instance.
 */
export async function killedCalls(account: LocalAccount): Promise<Kill> {
  const kill = kills.get(account) ?? run(account);
  kills.set(account, kill);
  return await kill;
}

async function run(account: LocalAccount): Promise<Kill> {
  const opened: AgentClient[] = [];
  try {
    const first = await place(account, 'v1', opened);
    const second = await place(account, 'v2', opened, first.instance);
    const modern = await connect(account, 'treasury', 'payments', 'v2-modern');
    opened.push(modern);
    const victim = (await paymentsServers(account)).find(({ task }) => task === first.instance);
    if (!victim) throw new Error(`No process of the payments server runs as task ${first.instance}.`);

    const planned = [
      { by: first.client, key: `kill-${randomUUID()}`, arguments: batch() },
      { by: second.client, key: `kill-${randomUUID()}`, arguments: batch() },
      { by: second.client, key: undefined, arguments: batch() },
      ...Array.from({ length: MODERN_CALLS }, () => ({ by: modern, key: `kill-${randomUUID()}`, arguments: batch() })),
    ];
    const before = await paymentsServers(account);
    const replies = planned.map(({ by, key, arguments: args }) => by.call('settle_batch', args, { key, timeout: 45_000 }));
    await allStarted(
      account,
      planned.map((call) => call.arguments.reference),
    );
    process.kill(victim.pid, 'SIGKILL');
    const replaced = replacement(account, before, victim);

    const ended = await Promise.all(
      planned.map(async ({ by, key, arguments: args }, index) => ({
        client: by.kind,
        arguments: args,
        ...(key !== undefined && { key }),
        reply: (await replies[index]) as Reply,
      })),
    );
    const calls = ended.filter(({ client, reply }) => client !== 'v2-modern' || reply.kind !== 'result');
    const survived = ended.length - calls.length;
    return { pid: victim.pid, instance: first.instance, calls, survived, ...(await replaced) };
  } finally {
    await Promise.all(opened.map((client) => client.close().catch(() => undefined)));
  }
}

/** A session, and the instance it is on as the ledger tells; on a wanted instance, by opening until one lands there. */
async function place(account: LocalAccount, kind: ClientKind, opened: AgentClient[], wanted?: string) {
  for (let attempt = 0; attempt < PLACEMENTS; attempt++) {
    const client = await connect(account, 'treasury', 'payments', kind);
    opened.push(client);
    const reply = await client.call('balance', { account: 'vendors' });
    const callId = reply.kind === 'result' ? reply.stamp?.callId : undefined;
    const instance = (await tablesOf(account).ledger()).find((row) => row.callId === callId)?.instance;
    if (instance === undefined) throw new Error(`The ledger does not say which instance answered: ${JSON.stringify(reply).slice(0, 300)}`);
    if (wanted === undefined || instance === wanted) return { client, instance };
  }
  throw new Error(`None of ${PLACEMENTS} sessions was placed on instance ${wanted}.`);
}

async function allStarted(account: LocalAccount, references: readonly string[]): Promise<void> {
  const started = await eventually(async () => {
    const journal = await tablesOf(account).journal();
    return references.every((reference) => journal.some((entry) => entry.reference === reference)) ? true : undefined;
  }, SECONDS * 1000);
  if (!started) throw new Error('The settlements to be killed did not all start in the payments server.');
}

async function paymentsServers(account: LocalAccount): Promise<readonly ProcessRow[]> {
  return (await account.processes()).filter(({ role, server }) => role === 'server' && server === 'payments');
}

/** Waits until as many servers run as before, without the victim. */
async function replacement(account: LocalAccount, before: readonly ProcessRow[], victim: ProcessRow): Promise<Replacement> {
  const start = performance.now();
  const replacedBy = await eventually(async () => {
    const now = await paymentsServers(account);
    const complete = now.length >= before.length && now.every(({ pid }) => pid !== victim.pid);
    return complete ? now.map(({ pid }) => pid) : undefined;
  }, REPLACEMENT_LIMIT_MS);
  return { replacedBy, replacedMs: Math.round(performance.now() - start) };
}

function batch(): { readonly seconds: number; readonly reference: string } {
  return { seconds: SECONDS, reference: `batch-${randomUUID()}` };
}
