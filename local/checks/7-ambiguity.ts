import type { LedgerRow } from '../../core/ledger';
import type { LocalAccount } from '../local-account';
import { CLIENT_KINDS, type ClientKind, type Reply } from './agent-client';
import { connect } from './agents';
import { expectations, type Findings } from './check';
import { killedCalls } from './killed-calls';
import { tablesOf } from './tables';

/** Check 7: a dropped call is `unknown`, apart from a deterministic tool error and from a call that was never executed. */
export async function ambiguity(account: LocalAccount): Promise<Findings> {
  const { expect, failures } = expectations();
  const toolErrors = await Promise.all(CLIENT_KINDS.map((kind) => one(account, kind, 'treasury', { amount: 0 })));
  const refusals = await Promise.all(CLIENT_KINDS.map((kind) => one(account, kind, 'support', { amount: 1 })));
  const kill = await killedCalls(account);

  const rows = await tablesOf(account).ledger();
  const rowOf = (reply: Reply) => rows.find(({ callId }) => callId === callIdOf(reply));
  const failed = toolErrors.map((reply) => rowOf(reply));
  const refused = refusals.map((reply) => rowOf(reply));
  const lost = kill.calls.map(({ reply }) => rowOf(reply));

  toolErrors.forEach((reply, index) => {
    const seen = reply.kind === 'result' && reply.isError && reply.stamp?.outcome === 'failed' && failed[index]?.state === 'failed';
    expect(seen, `A tool error is not "failed" to ${CLIENT_KINDS[index]}: ${show(reply, failed[index])}`);
  });
  refusals.forEach((reply, index) => {
    const seen = reply.kind === 'error' && reply.data.outcome === 'not_executed' && refused[index]?.state === 'not_executed';
    expect(seen, `A refused call is not "not_executed" to ${CLIENT_KINDS[index]}: ${show(reply, refused[index])}`);
  });
  kill.calls.forEach(({ reply, client, key }, index) => {
    const told = reply.kind === 'error' && reply.code === 504 && reply.data.error === 'OUTCOME_UNKNOWN' && reply.data.outcome === 'unknown';
    expect(told, `A call whose server was killed is not OUTCOME_UNKNOWN to ${client}: ${show(reply, lost[index])}`);
    expect(lost[index]?.state === 'unknown', `The row of a killed call of ${client} is not "unknown": ${show(reply, lost[index])}`);
    const named = reply.kind === 'error' && reply.data.idempotencyKey === key;
    expect(named, `The killed call of ${client} does not name its key ${key}: ${show(reply, lost[index])}`);
  });
  expect(kill.replacedBy !== undefined, `The account did not replace the killed instance ${kill.instance} within ${kill.replacedMs} ms`);

  return {
    evidence: {
      killed: {
        pid: kill.pid,
        instance: kill.instance,
        callsOnOtherInstances: kill.survived,
        replacedBy: kill.replacedBy,
        replacedMs: kill.replacedMs,
      },
      lostCalls: kill.calls.map(({ reply, client, key }, index) => ({ client, key, ...summary(reply, lost[index]) })),
      toolErrors: toolErrors.map((reply, index) => ({ client: CLIENT_KINDS[index], ...summary(reply, failed[index]) })),
      refusals: refusals.map((reply, index) => ({ client: CLIENT_KINDS[index], ...summary(reply, refused[index]) })),
    },
    failures,
  };
}

/** One transfer by an agent, in a connection of its own. */
async function one(account: LocalAccount, kind: ClientKind, agent: string, change: { amount: number }): Promise<Reply> {
  const client = await connect(account, agent, 'payments', kind);
  try {
    return await client.call('transfer', { from: 'operating', to: 'vendors', currency: 'EUR', reference: 'ambiguity', ...change });
  } finally {
    await client.close();
  }
}

function callIdOf(reply: Reply): string | undefined {
  if (reply.kind === 'result') return reply.stamp?.callId;
  return reply.kind === 'error' ? reply.data.callId : undefined;
}

function summary(reply: Reply, row: LedgerRow | undefined) {
  const told = reply.kind === 'error' ? `${reply.code} ${reply.data.error}` : reply.kind === 'result' ? reply.stamp?.outcome : reply.kind;
  return { callId: callIdOf(reply), told, row: row?.state };
}

function show(reply: Reply, row: LedgerRow | undefined): string {
  return `agent got ${JSON.stringify(reply).slice(0, 300)}, row is ${row ? `${row.state} (${row.reason})` : 'absent'}`;
}
