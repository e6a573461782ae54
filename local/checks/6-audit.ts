import { isDeepStrictEqual } from 'node:util';
import type { LedgerRow } from '../../core/ledger';
import { sessionKey } from '../../core/session-key';
import type { LocalAccount } from '../local-account';
import { idOf } from './agents';
import { expectations, type Findings } from './check';
import { fleetLoad, type LoadCall } from './fleet-load';
import { ledgerRoles, problemOf } from './ledger-roles';
import { resultOf, tablesOf } from './tables';
import { resourcesOf } from './template';

/** Check 6: every tool call is in an audit log that neither the agent nor the server can write to. */
export async function audit(account: LocalAccount): Promise<Findings> {
  const { expect, failures } = expectations();
  const load = await fleetLoad(account);
  const rows = new Map((await tablesOf(account).ledger()).map((row) => [row.callId, row]));

  const gaps = load.calls.map((call) => gapOf(account, call, rows)).filter((gap) => gap !== undefined);
  const complete = load.calls.length - gaps.length;
  expect(load.calls.length > 0, 'The load made no calls');
  expect(gaps.length === 0, `${gaps.length} of ${load.calls.length} calls are not in the ledger as they were made; first: ${gaps[0]}`);

  const ledger = ledgerResource(account);
  expect(ledger !== undefined, `The template has no table that is "${account.tables.ledger}"`);
  const roles = ledger ? ledgerRoles(account, ledger) : [];
  for (const problem of roles.map(problemOf)) expect(problem === undefined, String(problem));
  for (const kind of ['gateway', 'janitor', 'server'] as const) {
    expect(
      roles.some((role) => role.kind === kind),
      `No ${kind} role was found`,
    );
  }

  return {
    evidence: {
      callsMade: load.calls.length,
      callsFoundComplete: complete,
      ledgerRows: rows.size,
      states: countBy([...rows.values()].map(({ state }) => state)),
      sampleCallIds: load.calls.slice(0, 3).map(callIdOf),
      roles: roles.map(({ role, kind, actions }) => ({ role, kind, actionsOnLedger: actions })),
    },
    failures,
  };
}

/** What the row of a call lacks, against what the agent knows of it. */
function gapOf(account: LocalAccount, call: LoadCall, rows: ReadonlyMap<string, LedgerRow>): string | undefined {
  const { planned, reply, session, server, agent } = call;
  const what = `${server} ${planned.tool}`;
  const callId = callIdOf(call);
  if (callId === undefined) return `the result of ${what} is not stamped: ${JSON.stringify(reply).slice(0, 300)}`;
  const row = rows.get(callId);
  if (!row) return `${what} ${callId} has no row`;
  const { issuer, subject } = account.principal(agent);
  const expected = {
    agent: idOf(account, agent),
    issuer,
    subject,
    server,
    tool: planned.tool,
    session: session && sessionKey(session),
    idempotencyKey: planned.key,
    state: reply.kind === 'result' && !reply.isError ? 'confirmed' : 'failed',
  };
  for (const [attribute, value] of Object.entries(expected)) {
    const found = row[attribute as keyof LedgerRow];
    if (found !== value) return `${what} ${callId} has ${attribute} ${found}; expected ${value}`;
  }
  if (!isDeepStrictEqual(JSON.parse(row.arguments), planned.arguments)) return `${what} ${callId} has other arguments`;
  if (textOf(resultOf(row)) !== (reply.kind === 'result' ? reply.text : ''))
    return `${what} ${callId} has another result than the agent got`;
  return undefined;
}

function callIdOf({ reply }: LoadCall): string | undefined {
  if (reply.kind === 'result') return reply.stamp?.callId;
  return reply.kind === 'error' ? reply.data.callId : undefined;
}

function textOf(result: string | undefined): string | undefined {
  if (result === undefined) return undefined;
  const { content } = JSON.parse(result) as { content?: readonly { text?: string }[] };
  return content?.map((part) => part.text ?? '').join('');
}

function ledgerResource(account: LocalAccount) {
  const tables = [...resourcesOf(account, 'AWS::DynamoDB::GlobalTable'), ...resourcesOf(account, 'AWS::DynamoDB::Table')];
  return tables.find(({ stack, id }) => account.physicalId(stack, id) === account.tables.ledger);
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
