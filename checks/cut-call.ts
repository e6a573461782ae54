import { IDEMPOTENCY_KEY_HEADER, PROTOCOL_VERSION_HEADER, SESSION_HEADER } from '../core/headers';
import { ledgerKey } from '../ledger/row';
import type { CheckedAccount } from '../local/checked-account';
import { MODERN_REVISION } from './agent-client';
import { endpointOf } from './connect';
import type { CheckedAgent } from './fleet';
import type { PlannedCall } from './probes';
import { tablesOf } from './tables';
import { eventually } from './waiting';

/** A call is waited for no longer than this before it is cut anyway, in milliseconds. */
const SEEN_LIMIT_MS = 5_000;

export interface CutCall {
  readonly server: string;
  readonly agent: CheckedAgent;
  readonly call: PlannedCall;
  readonly key: string;
  /** Undefined in the sessionless era. */
  readonly session: string | undefined;
}

/** Sends a call and cuts the connection once the ledger has it, or it is answered: to its agent its outcome is lost. */
export async function cutCall(account: CheckedAccount, { server, agent, call, key, session }: CutCall): Promise<void> {
  const connection = new AbortController();
  const tables = tablesOf(account);
  const pk = ledgerKey(server, agent.id, `k:${key}`);
  let answered = false;
  const sent = fetch(endpointOf(account, server), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await account.token(agent.name)}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      [IDEMPOTENCY_KEY_HEADER]: key,
      ...(session === undefined ? modernHeaders(call) : { [SESSION_HEADER]: session, [PROTOCOL_VERSION_HEADER]: '2025-11-25' }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 'cut', method: 'tools/call', params: paramsOf(call, session) }),
    signal: connection.signal,
  }).then(
    () => (answered = true),
    () => undefined,
  );
  await eventually(async () => {
    return answered || (await tables.row(pk)) !== undefined ? true : undefined;
  }, SEEN_LIMIT_MS);
  connection.abort();
  await sent;
}

function paramsOf({ tool, arguments: args }: PlannedCall, session: string | undefined): object {
  if (session !== undefined) return { name: tool, arguments: args };
  const meta = { 'io.modelcontextprotocol/protocolVersion': MODERN_REVISION, 'io.modelcontextprotocol/clientCapabilities': {} };
  return { name: tool, arguments: args, _meta: meta };
}

function modernHeaders({ tool }: PlannedCall): Record<string, string> {
  return { [PROTOCOL_VERSION_HEADER]: MODERN_REVISION, 'mcp-method': 'tools/call', 'mcp-name': tool };
}
