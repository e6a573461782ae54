import { FleetError } from '../../core/errors';
import type { FleetConfig, ServerConfig } from '../../core/fleet-config';
import { KEPT_ANSWER_PATH } from '../../core/headers';
import { type Finding, NOTHING } from '../../ledger/finding';
import type { LedgerRow } from '../../ledger/row';
import { readKeptAnswer } from './answer';
import { ownPatience } from './own-answer';
import type { UpstreamRequest, Upstreams } from './upstreams';

/** Instances in a row that were asked before: then all of them have been, as far as going round can tell. */
const ASKED_AGAIN = 4;
/** Most that are asked, of however many. */
const ASKED_AT_LARGE = 200;

export interface KeptAnswerParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly upstreams: Upstreams;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Asks the instance that a call was sent to for the answer, which it keeps for callers whose gateway or connection died.
 * The stickiness cookie in the row leads there, unless the call itself found its session lost and had it opened again
 * elsewhere. A call that is not there, or went to any instance, is asked for at one after the other: without a cookie the
 * load balancer goes round.
 */
export async function askInstance(row: LedgerRow, parts: KeptAnswerParts): Promise<Finding> {
  const serverConfig = parts.config.servers[row.server];
  if (serverConfig === undefined || serverConfig.remoteUrl !== undefined) return NOTHING;
  const { route, ...anywhere } = row;
  const there = route === undefined ? NOTHING : (await ask(row, serverConfig, parts)).finding;
  if (there.kind !== 'none') return there;
  let until = there.until;
  const asked = new Set<string | undefined>();
  for (let total = 0, again = 0; total < ASKED_AT_LARGE && again < ASKED_AGAIN + asked.size; total++) {
    const { finding, instance } = await ask(anywhere, serverConfig, parts);
    if (finding.kind !== 'none') return finding;
    until ??= finding.until;
    again = asked.has(instance) ? again + 1 : 0;
    asked.add(instance);
  }
  return { kind: 'none', ...(until !== undefined && { until }) };
}

/** What one instance knows; undefined for the load balancer, or nobody. */
interface Asked {
  readonly finding: Finding;
  readonly instance?: string | undefined;
}

async function ask(row: LedgerRow, serverConfig: ServerConfig, { upstreams, now }: KeptAnswerParts): Promise<Asked> {
  try {
    const request: UpstreamRequest = {
      server: row.server,
      serverConfig,
      method: 'GET',
      path: `${KEPT_ANSWER_PATH}/${row.callId}`,
      headers: {},
      ...(row.route !== undefined && { route: row.route }),
      context: { agent: row.agent, server: row.server, callId: row.callId },
    };
    const response = await upstreams.send(request, ownPatience(request.method));
    const { instance } = response;
    const kept = await readKeptAnswer(response);
    if (response.status === 202) return { finding: { kind: 'running' } };
    if (response.status !== 200 || kept === undefined) return { finding: NOTHING, instance };
    const answer = { response: kept, ...(instance !== undefined && { instance }) };
    return { finding: { kind: 'answer', answer, by: 'instance', because: 'its instance kept the answer' } };
  } catch (error) {
    if (!FleetError.is(error)) throw error;
    const { sidecar, instance } = error.detail;
    // An instance has spoken: it has nothing. A connection or a load balancer that failed may do better next time.
    return { finding: sidecar === undefined ? { kind: 'none', until: now() } : NOTHING, instance };
  }
}
