import type { LedgerRow } from '../ledger/row';
import { type ClientKind, callIdOf, type Reply } from './agent-client';
import { callersOfEach, inSession } from './callers';
import { expectations, type Findings } from './check';
import { type CheckedFleet, type CheckedServer, callersOf } from './fleet';
import { type Kill, killedCalls } from './killed-calls';
import { grantLine, nobodyLine, probeLine } from './missing-line';
import { make, planned } from './probes';
import { refusals } from './refusals';
import { tablesOf } from './tables';

/** A call that its tool refused. */
interface ToolError {
  readonly server: CheckedServer;
  readonly client: ClientKind;
  readonly reply: Reply;
}

/** Check 7: a dropped call is `unknown`, apart from a deterministic tool error and from a call that was never executed. */
export async function ambiguity(fleet: CheckedFleet): Promise<Findings> {
  const { expect, failures } = expectations();
  const refused = await refusals(fleet);
  const toolErrors = await makeFail(fleet);
  const kill = await killedCalls(fleet);
  const lost = typeof kill === 'string' ? [] : kill.calls;

  const rows = await tablesOf(fleet.account).ledger();
  const rowOf = (reply: Reply) => rows.find(({ callId }) => callId === callIdOf(reply) && callId !== undefined);
  for (const { server, client, reply } of toolErrors) {
    const row = rowOf(reply);
    const seen = reply.kind === 'result' && reply.isError && reply.stamp?.outcome === 'failed' && row?.state === 'failed';
    expect(seen, `A tool error of ${server.name} is not "failed" to ${client}: ${show(reply, row)}`);
  }
  for (const { agent, server, data } of refused) {
    const row = rows.find(({ callId }) => callId === data.callId && callId !== undefined);
    const seen = data.outcome === 'not_executed' && row?.state === 'not_executed';
    expect(
      seen,
      `A refused call of ${agent.name} on ${server.name} is not "not_executed": it got ${JSON.stringify(data)}, its row is ${row?.state}`,
    );
  }
  for (const { reply, client, key } of lost) {
    const problem = typeof kill === 'string' ? undefined : lostProblem(kill, reply, rowOf(reply), key);
    expect(problem === undefined, `A call whose instance was killed ${problem} to ${client}: ${show(reply, rowOf(reply))}`);
  }
  if (typeof kill !== 'string') {
    expect(kill.replacedBy !== undefined, `The account did not replace the killed instance ${kill.instance} within ${kill.replacedMs} ms`);
  }

  const notProbed = leftOut(fleet, kill, toolErrors.length > 0);
  return {
    evidence: {
      ...(typeof kill !== 'string' && { killed: killEvidence(kill) }),
      lostCalls: lost.map(({ reply, client, key }) => ({ client, key, ...summary(reply, rowOf(reply)) })),
      toolErrors: toolErrors.map(({ server, client, reply }) => ({ server: server.name, client, ...summary(reply, rowOf(reply)) })),
      refusals: refused.map(({ agent, server, data }) => ({
        agent: agent.name,
        server: server.name,
        callId: data.callId,
        told: data.error,
      })),
    },
    failures,
    notProbed,
    proven: refused.length > 0 && toolErrors.length > 0 && lost.length > 0,
  };
}

/** Calls of the `failing` probe of each server, by each client. */
async function makeFail(fleet: CheckedFleet): Promise<readonly ToolError[]> {
  const callers = await callersOfEach(fleet, ({ failing }) => failing);
  return await Promise.all(
    callers.map(async (caller) => ({
      server: caller.server,
      client: caller.kind,
      reply: await inSession(fleet, caller, (client) => make(client, planned(caller.probe))),
    })),
  );
}

/** Where the tool says how to look a lost call up, or takes a repetition for one, its outcome is found; else nobody can tell. */
function lostProblem({ server, probe }: Kill, reply: Reply, row: LedgerRow | undefined, key: string | undefined): string | undefined {
  const policy = server.config?.tools[probe.tool];
  const found = policy?.reconcile !== undefined || policy?.honoursKey === true;
  if (found && reply.kind === 'result') {
    return reply.stamp?.outcome === row?.state ? undefined : `is told as ${reply.stamp?.outcome}`;
  }
  if (reply.kind !== 'error' || reply.code !== 504 || reply.data.error !== 'OUTCOME_UNKNOWN' || reply.data.outcome !== 'unknown') {
    return 'is not OUTCOME_UNKNOWN';
  }
  if (row?.state !== 'unknown') return 'is not "unknown" in its row';
  return reply.data.idempotencyKey === key ? undefined : `does not name its key ${key}`;
}

function leftOut(fleet: CheckedFleet, kill: Kill | string, failed: boolean): readonly string[] {
  const nobody = nobodyLine(fleet);
  if (nobody !== undefined) return [nobody];
  const declared = fleet.servers.filter(({ checks }) => checks.failing !== undefined);
  const ungranted = declared.filter((server) => callersOf(fleet, server, [server.checks.failing?.tool ?? '']).length === 0);
  return [
    ...(declared.length === 0 && !failed ? [probeLine(fleet.servers, 'failing', 'No tool was seen to refuse a call')] : []),
    ...ungranted.map((server) => grantLine(server, [server.checks.failing?.tool ?? ''])),
    ...(typeof kill === 'string' ? [kill] : []),
  ];
}

function killEvidence({ server, pid, instance, survived, replacedBy, replacedMs }: Kill) {
  return { server: server.name, pid, instance, callsOnOtherInstances: survived, replacedBy, replacedMs };
}

function summary(reply: Reply, row: LedgerRow | undefined) {
  const told = reply.kind === 'error' ? `${reply.code} ${reply.data.error}` : reply.kind === 'result' ? reply.stamp?.outcome : reply.kind;
  return { callId: callIdOf(reply), told, row: row?.state };
}

function show(reply: Reply, row: LedgerRow | undefined): string {
  return `agent got ${JSON.stringify(reply).slice(0, 300)}, row is ${row ? `${row.state} (${row.reason})` : 'absent'}`;
}
