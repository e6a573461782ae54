import { OUTCOME_TOOL } from '../../core/outcome-tool';
import type { LocalAccount } from '../local-account';
import { CLIENT_KINDS, type ClientKind, type Reply, readError } from './agent-client';
import { connect, endpointOf, idOf } from './agents';
import { expectations, type Findings } from './check';
import { tablesOf } from './tables';

/** What is granted, and the gateway's own tool, which tells an agent of its own calls only. */
const SUPPORT_TOOLS = ['balance', 'find_transfer', OUTCOME_TOOL, 'refund'];
const RENT = { from: 'operating', to: 'vendors', amount: 900, currency: 'EUR', reference: 'refused-transfer' };

/** Check 4: an identity-bound allowlist says which servers and tools an agent may use; nothing is allowed by default. */
export async function allowlist(account: LocalAccount): Promise<Findings> {
  const { expect, failures } = expectations();
  const tables = tablesOf(account);
  const journalBefore = (await tables.journal()).length;

  const stranger = await Promise.all(CLIENT_KINDS.map((kind) => refusedConnection(account, 'research', kind)));
  expect(
    stranger.every((status) => status === 403),
    `research, who has no grant for payments, got HTTP ${stranger.join(', ')}`,
  );

  const refusals = await Promise.all(CLIENT_KINDS.map((kind) => supportTries(account, kind)));
  const rows = await tables.ledger();
  const audited = refusals.map(({ reply, kind, tools }) => {
    expect(tools.join() === SUPPORT_TOOLS.join(), `support sees the tools ${tools.join(', ')} with ${kind}`);
    expect(isDenied(reply), `support calling transfer with ${kind} got ${JSON.stringify(reply).slice(0, 300)}`);
    const callId = reply.kind === 'error' ? reply.data.callId : undefined;
    const row = rows.find((candidate) => candidate.callId === callId && callId !== undefined);
    const right = row?.agent === idOf(account, 'support') && row.tool === 'transfer' && row.state === 'not_executed' && !!row.reason;
    expect(right, `The refusal of ${kind} has no audit row with agent, tool, state not_executed and a reason: ${JSON.stringify(row)}`);
    return { client: kind, callId, state: row?.state, reason: row?.reason };
  });
  const journalAfter = (await tables.journal()).length;
  expect(journalAfter === journalBefore, `The journal grew from ${journalBefore} to ${journalAfter} rows`);

  const stolen = await useStolenSession(account);
  expect(stolen.owner === 200, `The owner of the session got HTTP ${stolen.owner}`);
  expect(stolen.thief === 404, `support with the session id of treasury got HTTP ${stolen.thief}`);
  expect(stolen.tampered === 404, `treasury with a session id altered in one character got HTTP ${stolen.tampered}`);

  return {
    evidence: {
      withoutGrant: stranger,
      toolsOfSupport: refusals[0]?.tools,
      refusals: audited,
      journalBefore,
      journalAfter,
      stolenSession: stolen,
    },
    failures,
  };
}

async function refusedConnection(account: LocalAccount, agent: string, kind: ClientKind): Promise<number | string> {
  try {
    const client = await connect(account, agent, 'payments', kind);
    await client.close();
    return 'a connection';
  } catch (error) {
    const reply = readError(error);
    return reply.kind === 'http' ? reply.status : JSON.stringify(reply);
  }
}

async function supportTries(
  account: LocalAccount,
  kind: ClientKind,
): Promise<{ kind: ClientKind; tools: readonly string[]; reply: Reply }> {
  const client = await connect(account, 'support', 'payments', kind);
  try {
    return { kind, tools: [...(await client.tools())].sort(), reply: await client.call('transfer', RENT) };
  } finally {
    await client.close();
  }
}

function isDenied(reply: Reply): boolean {
  return reply.kind === 'error' && reply.code === 403 && reply.data.error === 'DENIED' && reply.data.outcome === 'not_executed';
}

/** HTTP statuses of one request with a session id of treasury: by treasury, by support, and with the id altered. */
async function useStolenSession(account: LocalAccount): Promise<{ owner: number; thief: number; tampered: number }> {
  const client = await connect(account, 'treasury', 'payments', 'v1');
  try {
    const id = client.sessionId() ?? '';
    const middle = Math.floor(id.length / 2);
    const altered = id.slice(0, middle) + (id[middle] === 'A' ? 'B' : 'A') + id.slice(middle + 1);
    return {
      owner: await statusWith(account, 'treasury', id),
      thief: await statusWith(account, 'support', id),
      tampered: await statusWith(account, 'treasury', altered),
    };
  } finally {
    await client.close();
  }
}

async function statusWith(account: LocalAccount, agent: string, session: string): Promise<number> {
  const response = await fetch(endpointOf(account, 'payments'), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await account.token(agent)}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': session,
      'mcp-protocol-version': '2025-11-25',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 'tried', method: 'tools/list' }),
  });
  await response.text();
  return response.status;
}
