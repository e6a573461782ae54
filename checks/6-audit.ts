import { isDeepStrictEqual } from 'node:util';
import { sessionKey } from '../core/session-key';
import { archivedRows } from '../ledger/archive/archived-rows';
import { verify } from '../ledger/archive/verify';
import { resultTextOf } from '../ledger/kept-text';
import type { LedgerRow } from '../ledger/row';
import { callIdOf } from './agent-client';
import { agentKeysOf, archiveOf, comparedTable } from './archive';
import { expectations, type Findings } from './check';
import type { CheckedFleet } from './fleet';
import type { NamedResource } from './iam';
import { ledgerRoles, problemOf } from './ledger-roles';
import { fleetLoad, type LoadCall } from './load';
import { nobodyLine } from './missing-line';
import { refusals, rowProblem } from './refusals';
import { clientAt, tablesOf } from './tables';
import { resourcesOf } from './template';
import { isUnavailable } from './unavailable';

/** Check 6: every tool call is in an audit log that neither the agent nor the server can write to. */
export async function audit(fleet: CheckedFleet): Promise<Findings> {
  const { expect, failures } = expectations();
  const { account } = fleet;
  const made = (await fleetLoad(fleet)).calls.filter(({ planned }) => planned !== undefined);
  const calls = made.filter(({ reply, server }) => !isUnavailable(reply, server.sidecar === undefined));
  const refused = await refusals(fleet);
  const rows = new Map((await tablesOf(account).ledger()).map((row) => [row.callId, row]));

  const gaps = calls.map((call) => gapOf(call, rows)).filter((gap) => gap !== undefined);
  expect(gaps.length === 0, `${gaps.length} of ${calls.length} calls are not in the ledger as they were made; first: ${gaps[0]}`);
  const lost = refused.map((refusal) => rowProblem(refusal, rows)).filter((problem) => problem !== undefined);
  expect(lost.length === 0, `${lost.length} of ${refused.length} refused calls are not in the ledger as they were made; first: ${lost[0]}`);

  const roles = ledgerRoles(account, await namedLedger(fleet));
  for (const problem of roles.map(problemOf)) expect(problem === undefined, String(problem));
  const hosted = fleet.servers.some(({ sidecar }) => sidecar !== undefined);
  for (const kind of ['gateway', 'janitor', ...(hosted ? ['server'] : [])]) {
    expect(
      roles.some((role) => role.kind === kind),
      `No ${kind} role was found`,
    );
  }
  const archive = await archiveFindings(fleet, [...calls.map(({ reply }) => callIdOf(reply)), ...refused.map(({ data }) => data.callId)]);
  for (const problem of archive.problems) expect(false, problem);
  const nobody = nobodyLine(fleet);

  return {
    evidence: {
      callsMade: calls.length,
      callsFoundComplete: calls.length - gaps.length,
      refusedCalls: refused.length,
      refusedCallsFound: refused.length - lost.length,
      ledgerRows: rows.size,
      archive: archive.evidence,
      states: countBy([...rows.values()].map(({ state }) => state)),
      sampleCallIds: calls.slice(0, 3).map(({ reply }) => callIdOf(reply)),
      roles: roles.map(({ role, kind, actions }) => ({ role, kind, actionsOnLedger: actions })),
    },
    failures,
    ...(nobody !== undefined && { notProbed: [`${nobody}. The roles are right; no call was made whose row could be looked for`] }),
  };
}

/** What the row of a call lacks, against what the agent knows of it. */
function gapOf(call: LoadCall, rows: ReadonlyMap<string, LedgerRow>): string | undefined {
  const { planned, key, reply, session, server, agent } = call;
  if (planned === undefined) return undefined;
  const what = `${server.name} ${planned.tool}`;
  const callId = callIdOf(reply);
  if (callId === undefined) return `the result of ${what} is not stamped: ${JSON.stringify(reply).slice(0, 300)}`;
  const row = rows.get(callId);
  if (!row) return `${what} ${callId} has no row`;
  const expected = {
    agent: agent.id,
    issuer: agent.issuer,
    subject: agent.subject,
    server: server.name,
    tool: planned.tool,
    session: session && sessionKey(session),
    idempotencyKey: key,
    state: reply.kind === 'result' && !reply.isError ? 'confirmed' : 'failed',
  };
  for (const [attribute, value] of Object.entries(expected)) {
    const found = row[attribute as keyof LedgerRow];
    if (found !== value) return `${what} ${callId} has ${attribute} ${found}; expected ${value}`;
  }
  const arguments_ = row.argumentsEncoding === undefined ? JSON.parse(row.arguments) : undefined;
  if (arguments_ !== undefined && !isDeepStrictEqual(arguments_, planned.arguments)) return `${what} ${callId} has other arguments`;
  const text = reply.kind === 'result' ? reply.text : '';
  if (row.resultEncoding !== 'omitted' && textOf(resultTextOf(row)) !== text)
    return `${what} ${callId} has another result than the agent got`;
  return undefined;
}

function textOf(result: string | undefined): string | undefined {
  if (result === undefined) return undefined;
  const { content } = JSON.parse(result) as { content?: readonly { text?: string }[] };
  return content?.map((part) => part.text ?? '').join('') ?? '';
}

/** Changes wait for some seconds for others before they are archived, and other checks still call. */
const ARCHIVE_PATIENCE_MS = 60_000;
/** Findings that are told; more of them say the same. */
const FEW = 3;

/** Whether the archive is whole and says the same as the table, and has each of the calls that were made. */
async function archiveFindings(
  { account, say }: CheckedFleet,
  callIds: readonly (string | undefined)[],
): Promise<{ readonly evidence: object; readonly problems: readonly string[] }> {
  const archive = await archiveOf(account);
  if (archive === undefined) return { evidence: {}, problems: [`The fleet ${account.fleet} has no archive`] };
  say('holding the archive against the ledger');
  const keys = agentKeysOf(clientAt(account.dynamodbUrl), account.tables);
  const { findings, ...counts } = await verify(archive, comparedTable(tablesOf(account)), { patienceMs: ARCHIVE_PATIENCE_MS, keys });
  const archived = new Set<string>();
  for await (const { callId } of archivedRows(archive, undefined)) archived.add(callId);
  const absent = callIds.filter((id) => id !== undefined && !archived.has(id));
  const told = findings.slice(0, FEW).map(({ fault, what, why }) => `${fault} ${what}: ${why}`);
  return {
    evidence: { ...counts, findings: findings.length, callsFound: callIds.length - absent.length },
    problems: [
      ...(findings.length > 0 ? [`The archive has ${findings.length} findings; first: ${told.join('; ')}`] : []),
      ...(absent.length > 0 ? [`${absent.length} of ${callIds.length} calls are not in the archive; first: ${absent[0]}`] : []),
    ],
  };
}

/** A ledger that was handed in may stand in another stack, or in none. */
async function namedLedger({ account }: CheckedFleet): Promise<NamedResource> {
  const arnEnd = `:table/${account.tables.ledger}`;
  const tables = [...resourcesOf(account, 'AWS::DynamoDB::GlobalTable'), ...resourcesOf(account, 'AWS::DynamoDB::Table')];
  for (const located of tables) {
    if ((await account.physicalId(located.stack, located.id)) === account.tables.ledger) return { made: located, arnEnd };
  }
  return { arnEnd };
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
