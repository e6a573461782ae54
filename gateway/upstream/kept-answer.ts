import { FleetError } from '../../core/errors';
import type { FleetConfig, ServerConfig } from '../../core/fleet-config';
import { KEPT_ANSWER_PATH } from '../../core/headers';
import type { LedgerRow } from '../../core/ledger';
import { type Finding, NOTHING } from '../ledger/finding';
import { readAnswer } from './answer';
import type { Upstreams } from './upstreams';

/** How many instances are asked for a call that is not where a cookie says, or of which none says where it went. */
const ASKED_AT_LARGE = 8;

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
  const there = route === undefined ? NOTHING : await ask(row, serverConfig, parts);
  if (there.kind !== 'none') return there;
  let until = there.until;
  for (let asked = 1; asked <= ASKED_AT_LARGE; asked++) {
    const finding = await ask(anywhere, serverConfig, parts);
    if (finding.kind !== 'none') return finding;
    until ??= finding.until;
  }
  return { kind: 'none', ...(until !== undefined && { until }) };
}

async function ask(row: LedgerRow, serverConfig: ServerConfig, { upstreams, now }: KeptAnswerParts): Promise<Finding> {
  try {
    const response = await upstreams.send({
      server: row.server,
      serverConfig,
      method: 'GET',
      path: `${KEPT_ANSWER_PATH}/${row.callId}`,
      headers: { accept: 'application/json' },
      ...(row.route !== undefined && { route: row.route }),
      context: { agent: row.agent, server: row.server, callId: row.callId },
    });
    const text = await readAnswer(response, { id: row.callId });
    if (response.status === 202) return { kind: 'running' };
    if (response.status !== 200) return NOTHING;
    const { instance } = response;
    const answer = { text, ...(instance !== undefined && { instance }) };
    return { kind: 'answer', answer, by: 'instance', because: 'its instance kept the answer' };
  } catch (error) {
    if (!FleetError.is(error)) throw error;
    // An instance has spoken: it has nothing. A connection or a load balancer that failed may do better next time.
    return error.detail.sidecar === undefined ? { kind: 'none', until: now() } : NOTHING;
  }
}
