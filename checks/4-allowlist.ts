import type { ErrorName } from '../core/errors';
import { allowsTool, deniesTool } from '../core/granted';
import { OUTCOME_TOOL } from '../core/outcome-tool';
import { type AgentClient, CLIENT_KINDS, type ClientKind, callIdOf, type Reply } from './agent-client';
import { denialsByHand, driftOf } from './allowlist-drift';
import { expectations, type Findings } from './check';
import { isConnected, tryToConnect } from './connect';
import { type CheckedAgent, type CheckedFleet, type CheckedServer, decisionOf } from './fleet';
import { speaksModern } from './load';
import { nobodyLine } from './missing-line';
import { forbiddenTool, post, type Refusal, refusals } from './refusals';
import { stealSession } from './stolen-session';
import { tablesOf } from './tables';
import { isUnavailable } from './unavailable';
import { inTurns } from './waiting';

/** Agent and server pairs that are tried with each kind of client; where there are more, the kinds take turns. */
const PAIRS_WITH_ALL_KINDS = 24;
const AT_ONCE = 8;

const WORD_FOR: Readonly<Record<Refusal['because'], ErrorName>> = {
  'no grant for the server': 'SERVER_DENIED',
  'no grant for the tool': 'DENIED',
  'no such session': 'UNKNOWN_SESSION',
};

/** What one agent saw of one server. */
interface Visit {
  readonly agent: CheckedAgent;
  readonly server: CheckedServer;
  readonly kind: ClientKind;
  /** What it was told instead of a connection. */
  readonly refused?: Reply;
  readonly tools?: readonly string[];
  /** A call of a tool that it may not call. */
  readonly forbidden?: { readonly tool: string; readonly reply: Reply };
}

/** Check 4: an identity-bound allowlist says which servers and tools an agent may use; nothing is allowed by default. */
export async function allowlist(fleet: CheckedFleet): Promise<Findings> {
  const { expect, failures } = expectations();
  const anonymous = await Promise.all(
    fleet.servers.map(async ({ name }) => ({ server: name, ...(await post(fleet.account, name, undefined, 'tools/list')) })),
  );
  for (const { server, status } of anonymous) expect(status === 401, `Without a token ${server} answered HTTP ${status}; expected 401`);
  for (const problem of driftOf(fleet)) expect(false, problem);

  fleet.say(`every agent asks every server: ${fleet.agents.length} × ${fleet.servers.length}`);
  const visits = await inTurns(await tours(fleet), AT_ONCE, (tour) => visit(fleet, tour));
  const refused = await refusals(fleet);
  const rows = new Map((await tablesOf(fleet.account).ledger()).map((row) => [row.callId, row]));
  for (const seen of visits) for (const problem of problemsOf(fleet, seen)) expect(false, problem);
  const denied = visits.flatMap(({ agent, server, kind, forbidden }) => (forbidden ? [{ agent, server, kind, ...forbidden }] : []));
  for (const { agent, server, kind, tool, reply } of denied) {
    const row = rows.get(callIdOf(reply) ?? '');
    const right =
      row?.agent === agent.id && row.server === server.name && row.tool === tool && row.state === 'not_executed' && !!row.reason;
    expect(
      right,
      `The refusal of ${tool} of ${server.name} to ${agent.name} with ${kind} has no audit row that says so: ${JSON.stringify(row)}`,
    );
  }
  for (const { agent, server, tool, because, status, data } of refused) {
    const right = data.error === WORD_FOR[because] && data.outcome === 'not_executed';
    const got = `HTTP ${status} ${data.error}`;
    expect(right, `${agent.name} calling ${tool} of ${server.name} (${because}) got ${got}; expected ${WORD_FOR[because]}, not_executed`);
  }
  const stolen = await stealSession(fleet, expect);
  const closed = visits.filter(({ agent, server }) => decisionOf(fleet, agent, server).effect === 'deny');
  const nobody = nobodyLine(fleet);

  return {
    evidence: {
      pairsTried: fleet.agents.length * fleet.servers.length,
      connectionsTried: visits.length,
      refusedWithoutGrant: closed.length,
      allowlistRows: fleet.allowlist.length,
      deniesInTable: fleet.allowlist.filter(({ effect }) => effect === 'deny').length,
      deniedByHand: denialsByHand(fleet),
      toolsSeen: visits
        .filter(({ kind, tools }) => kind === 'v1' && tools)
        .map(({ agent, server, tools }) => ({ agent: agent.name, server: server.name, tools })),
      refusals: denied.map(({ agent, server, kind, tool, reply }) => {
        const callId = callIdOf(reply);
        return { agent: agent.name, server: server.name, client: kind, tool, callId, state: rows.get(callId ?? '')?.state };
      }),
      withoutToken: anonymous.map(({ server, status }) => `${server} ${status}`),
      stolenSession: stolen,
    },
    failures,
    notProbed: [...(nobody === undefined ? [] : [nobody]), ...absentees(fleet, visits)],
    proven: nobody === undefined && visits.length > 0,
  };
}

interface Tour {
  readonly agent: CheckedAgent;
  readonly server: CheckedServer;
  readonly kind: ClientKind;
}

async function tours(fleet: CheckedFleet): Promise<readonly Tour[]> {
  const pairs = fleet.servers.flatMap((server) => fleet.agents.map((agent) => ({ server, agent })));
  const modern = await speaksModern(fleet);
  const tried = pairs.flatMap((pair, index) => {
    const kinds = pairs.length <= PAIRS_WITH_ALL_KINDS ? CLIENT_KINDS : [CLIENT_KINDS[index % CLIENT_KINDS.length] as ClientKind];
    return kinds.map((kind) => ({ ...pair, kind }));
  });
  // A server of the older era takes no sessionless client; who may not use it at all is not told so.
  return tried.map((tour) => {
    const legacyOnly = !modern.has(tour.server.name) && decisionOf(fleet, tour.agent, tour.server).effect === 'allow';
    return tour.kind === 'v2-modern' && legacyOnly ? { ...tour, kind: 'v1' } : tour;
  });
}

async function visit(fleet: CheckedFleet, { agent, server, kind }: Tour): Promise<Visit> {
  const tried = await tryToConnect(fleet.account, agent.name, server.name, kind);
  if (!isConnected(tried)) return { agent, server, kind, refused: tried };
  try {
    return { agent, server, kind, tools: [...(await tried.tools())].sort(), ...(await tryForbidden(fleet, tried, agent, server)) };
  } finally {
    await tried.close().catch(() => undefined);
  }
}

async function tryForbidden(
  fleet: CheckedFleet,
  client: AgentClient,
  agent: CheckedAgent,
  server: CheckedServer,
): Promise<Pick<Visit, 'forbidden'>> {
  const tool = forbiddenTool(fleet, agent, server);
  return tool === undefined ? {} : { forbidden: { tool, reply: await client.call(tool, {}) } };
}

/** What an agent saw, against what it was granted. */
function problemsOf(fleet: CheckedFleet, { agent, server, kind, refused, tools = [], forbidden }: Visit): readonly string[] {
  const decision = decisionOf(fleet, agent, server);
  const who = `${agent.name} on ${server.name} with ${kind}`;
  if (decision.effect === 'deny') {
    const right = refused?.kind === 'http' && refused.status === 403;
    return right
      ? []
      : [`${who}, without a grant for it, got ${refused ? JSON.stringify(refused).slice(0, 300) : 'a connection'}; expected HTTP 403`];
  }
  if (refused !== undefined) {
    return isUnavailable(refused, server.sidecar === undefined)
      ? []
      : [`${who}, which has a grant for it, got ${JSON.stringify(refused).slice(0, 300)}`];
  }
  const own = (tool: string): boolean => tool === OUTCOME_TOOL && server.config?.outcomeTool === true && !deniesTool(decision, tool);
  const excess = tools.filter((tool) => !allowsTool(decision, tool) && !own(tool));
  return [
    ...(excess.length > 0 ? [`${who} sees tools that it was not granted: ${excess.join(', ')}`] : []),
    ...(forbidden !== undefined && !isDenied(forbidden.reply)
      ? [`${who} calling ${forbidden.tool}, which it was not granted, got ${JSON.stringify(forbidden.reply).slice(0, 300)}`]
      : []),
  ];
}

function isDenied(reply: Reply): boolean {
  return reply.kind === 'error' && reply.code === 403 && reply.data.error === 'DENIED' && reply.data.outcome === 'not_executed';
}

function absentees(fleet: CheckedFleet, visits: readonly Visit[]): readonly string[] {
  const away = visits.filter(({ agent, server, refused }) => refused && decisionOf(fleet, agent, server).effect === 'allow');
  const names = [...new Set(away.map(({ server }) => server.name))];
  return names.map((name) => `${name} had no room or was not reached from here: what granted agents see of it was not looked at`);
}
