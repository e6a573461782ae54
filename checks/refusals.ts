import { randomUUID } from 'node:crypto';
import { allowsTool } from '../core/granted';
import type { LedgerRow } from '../ledger/row';
import type { CheckedAccount } from '../local/checked-account';
import type { ErrorData } from './agent-client';
import { endpointOf } from './connect';
import { type CheckedAgent, type CheckedFleet, type CheckedServer, decisionOf } from './fleet';
import { inTurns, oncePer } from './waiting';

/** No server has it, so that nothing happens even where it is let through. */
export const NO_TOOL = 'cdk-mcp-fleet-check-no-such-tool';
const AT_ONCE = 8;

/** A call that must be refused before it reaches a server. */
export interface Refusal {
  readonly agent: CheckedAgent;
  readonly server: CheckedServer;
  readonly tool: string;
  /** Why it must be. */
  readonly because: 'no grant for the server' | 'no grant for the tool' | 'no such session';
  readonly status: number;
  readonly data: ErrorData;
}

/** One such call by every agent on every server: there is a way to be refused under any grants. */
export const refusals = oncePer(async (fleet: CheckedFleet): Promise<readonly Refusal[]> => {
  const pairs = fleet.servers.flatMap((server) => fleet.agents.map((agent) => ({ server, agent })));
  return await inTurns(pairs, AT_ONCE, ({ agent, server }) => refuse(fleet, agent, server));
});

async function refuse(fleet: CheckedFleet, agent: CheckedAgent, server: CheckedServer): Promise<Refusal> {
  const decision = decisionOf(fleet, agent, server);
  const tool = forbiddenTool(fleet, agent, server);
  if (decision.effect === 'deny') return await callRaw(fleet, { agent, server, tool: tool ?? NO_TOOL, because: 'no grant for the server' });
  if (tool !== undefined) return await callRaw(fleet, { agent, server, tool, because: 'no grant for the tool' });
  return await callRaw(fleet, { agent, server, tool: NO_TOOL, because: 'no such session' }, `no-session-${randomUUID()}`);
}

/** A tool that an agent may not call: one that is there, where its operator lets it be called; undefined where it may call any. */
export function forbiddenTool(fleet: CheckedFleet, agent: CheckedAgent, server: CheckedServer): string | undefined {
  const decision = decisionOf(fleet, agent, server);
  const { write, lasting, read } = server.checks;
  return [write?.tool, lasting?.tool, read?.tool, NO_TOOL].find((tool) => tool !== undefined && !allowsTool(decision, tool));
}

/** The audit row of a refusal, as a sentence where it is not as it must be. */
export function rowProblem({ agent, server, tool, because, data }: Refusal, rows: ReadonlyMap<string, LedgerRow>): string | undefined {
  const what = `The refused call of ${tool} by ${agent.name} on ${server.name} (${because})`;
  if (data.callId === undefined) return `${what} was given no call id`;
  const row = rows.get(data.callId);
  if (row === undefined) return `${what} has no row ${data.callId} in the ledger`;
  const found = { agent: row.agent, issuer: row.issuer, subject: row.subject, server: row.server, tool: row.tool, state: row.state };
  const expected = { agent: agent.id, issuer: agent.issuer, subject: agent.subject, server: server.name, tool, state: 'not_executed' };
  const wrong = Object.keys(expected).filter((name) => found[name as keyof typeof found] !== expected[name as keyof typeof expected]);
  if (wrong.length > 0) return `${what} stands in the ledger with another ${wrong.join(', ')}: ${JSON.stringify(found)}`;
  return row.reason ? undefined : `${what} stands in the ledger without a reason`;
}

async function callRaw(
  { account }: CheckedFleet,
  attempt: Pick<Refusal, 'agent' | 'server' | 'tool' | 'because'>,
  session?: string,
): Promise<Refusal> {
  const params = { name: attempt.tool, arguments: {} };
  const { status, text } = await post(account, attempt.server.name, await account.token(attempt.agent.name), 'tools/call', params, session);
  return { ...attempt, status, data: errorDataIn(text) };
}

/** One request of the legacy era, without an SDK; without a token where that is undefined. */
export async function post(
  account: CheckedAccount,
  server: string,
  token: string | undefined,
  method: string,
  params: object = {},
  session?: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(endpointOf(account, server), {
    method: 'POST',
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(session !== undefined && { 'mcp-session-id': session }),
      'mcp-protocol-version': '2025-11-25',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 'check', method, params }),
    signal: AbortSignal.timeout(30_000),
  });
  return { status: response.status, text: await response.text() };
}

function errorDataIn(text: string): ErrorData {
  try {
    return (JSON.parse(text) as { error?: { data?: ErrorData } }).error?.data ?? {};
  } catch {
    return {};
  }
}
