import { randomUUID } from 'node:crypto';
import type { JournalEntry } from '../../examples/payments/journal';
import type { LocalAccount } from '../local-account';
import { CLIENT_KINDS, type ClientKind, type Reply } from './agent-client';
import { connect } from './agents';
import { expectations, type Findings } from './check';
import { type KilledCall, killedCalls } from './killed-calls';
import { tablesOf } from './tables';

const DUPLICATES = 5;

/** Check 8: every state-changing call is protected against double execution after a drop. */
export async function doubleExecution(account: LocalAccount): Promise<Findings> {
  const { expect, failures } = expectations();
  const repeats = await Promise.all(CLIENT_KINDS.map((kind) => repeat(account, kind)));
  const killed = (await killedCalls(account)).calls;
  const retries = await Promise.all(killed.map((call) => retry(account, call)));

  const journal = await tablesOf(account).journal();
  for (const { kind, reference, first, again, other, concurrent, concurrentReference } of repeats) {
    const executions = countOf(journal, reference);
    expect(executions === 1, `A transfer sent twice with one key by ${kind} has ${executions} journal rows`);
    expect(isResult(first, false), `The first transfer of ${kind} was answered ${show(first)}`);
    expect(
      isResult(again, true) && textOf(again) === textOf(first),
      `The same transfer with the same key of ${kind} was answered ${show(again)}`,
    );
    const reused = other.kind === 'error' && other.code === 422 && other.data.error === 'KEY_REUSED';
    expect(reused, `The same key with another amount of ${kind} was answered ${show(other)}`);
    const atOnce = countOf(journal, concurrentReference);
    expect(atOnce === 1, `${DUPLICATES} duplicates at once by ${kind} have ${atOnce} journal rows`);
    const same = new Set(concurrent.map(textOf)).size === 1 && concurrent.every((reply) => reply.kind === 'result' && !reply.isError);
    expect(same, `${DUPLICATES} duplicates at once by ${kind} were answered ${concurrent.map(show).join(' | ')}`);
    const executed = concurrent.filter((reply) => isResult(reply, false)).length;
    expect(executed === 1, `${executed} of ${DUPLICATES} duplicates at once by ${kind} were told that they were executed`);
  }

  const afterKill = killed.map((call, index) => ({
    client: call.client,
    key: call.key ?? 'none',
    executions: countOf(journal, call.arguments.reference),
    retryAnswered: brief(retries[index]),
  }));
  for (const { client, key, executions, retryAnswered } of afterKill) {
    if (key === 'none') continue;
    expect(executions === 1, `The retry of a killed call by ${client} with its key made ${executions} executions (${retryAnswered})`);
  }
  const fenced = afterKill.every(({ key, executions }) => key !== 'none' || executions === 1);

  return {
    evidence: {
      sameKeyTwice: repeats.map(({ kind, reference, first, again, other }) => ({
        client: kind,
        journalRows: countOf(journal, reference),
        first: brief(first),
        again: brief(again),
        otherArguments: brief(other),
      })),
      duplicatesAtOnce: repeats.map(({ kind, concurrentReference, concurrent }) => ({
        client: kind,
        sent: DUPLICATES,
        journalRows: countOf(journal, concurrentReference),
        answered: concurrent.map(brief),
      })),
      retriesAfterKill: afterKill,
    },
    failures,
    ...(!fenced && { missing: 'the fence: a call without a key that is repeated after its outcome was lost runs again' }),
  };
}

async function repeat(account: LocalAccount, kind: ClientKind) {
  const reference = `twice-${randomUUID()}`;
  const concurrentReference = `at-once-${randomUUID()}`;
  const transfer = { from: 'operating', to: 'vendors', amount: 4200, currency: 'EUR', reference };
  const client = await connect(account, 'treasury', 'payments', kind);
  try {
    const first = await client.call('transfer', transfer, { key: reference });
    const again = await client.call('transfer', transfer, { key: reference });
    const other = await client.call('transfer', { ...transfer, amount: 4201 }, { key: reference });
    const duplicate = { ...transfer, reference: concurrentReference };
    const concurrent = await Promise.all(
      Array.from({ length: DUPLICATES }, () => client.call('transfer', duplicate, { key: concurrentReference })),
    );
    return { kind, reference, first, again, other, concurrent, concurrentReference };
  } finally {
    await client.close();
  }
}

/** The same call again, in a new session: the old one was lost with its instance. */
async function retry(account: LocalAccount, { client: kind, arguments: args, key }: KilledCall): Promise<Reply> {
  const client = await connect(account, 'treasury', 'payments', kind);
  try {
    return await client.call('settle_batch', args, { key });
  } finally {
    await client.close();
  }
}

function countOf(journal: readonly JournalEntry[], reference: unknown): number {
  return journal.filter((entry) => entry.reference === reference).length;
}

function isResult(reply: Reply, replayed: boolean): boolean {
  return reply.kind === 'result' && !reply.isError && reply.stamp?.replayed === replayed;
}

function textOf(reply: Reply): string {
  return reply.kind === 'result' ? reply.text : '';
}

function brief(reply: Reply | undefined): string {
  if (reply?.kind === 'result') return `${reply.stamp?.outcome}, replayed ${reply.stamp?.replayed}`;
  if (reply?.kind === 'error') return `${reply.code} ${reply.data.error}`;
  return reply?.kind ?? 'nothing';
}

function show(reply: Reply): string {
  return JSON.stringify(reply).slice(0, 300);
}
