import { FleetError } from '../../core/errors';
import type { ServerConfig } from '../../core/fleet-config';
import { KEPT_ANSWER_PATH } from '../../core/headers';
import type { LedgerRow } from '../../core/ledger';
import type { Answer } from '../call';
import type { Gateway } from '../gateway';
import { readAnswer } from './answer';

/** What the instance that a call was sent to says of it. */
export type Evidence =
  | { readonly kind: 'answer'; readonly answer: Pick<Answer, 'text' | 'instance'> }
  /** It still runs there. */
  | { readonly kind: 'running' }
  /** The instance is gone, has forgotten it, or lost its server in the middle: nobody can tell. */
  | { readonly kind: 'none' };

/** How many instances are asked for a call that is not where a cookie says, or of which none says where it went. */
const ASKED_AT_LARGE = 8;

/**
 * Asks the instance that a call was sent to for the answer, which it keeps for callers whose gateway or connection died.
 * The stickiness cookie in the row leads there, unless the call itself found its session lost and had it opened again
 * elsewhere. A call that is not there, or went to any instance, is asked for at one after the other: without a cookie the
 * load balancer goes round.
 */
export async function askInstance(row: LedgerRow, gateway: Gateway): Promise<Evidence> {
  const serverConfig = gateway.config.servers[row.server];
  if (serverConfig === undefined || serverConfig.remoteUrl !== undefined) return { kind: 'none' };
  const { route, ...anywhere } = row;
  const known = route === undefined ? undefined : await ask(row, serverConfig, gateway);
  if (known !== undefined && known.kind !== 'none') return known;
  for (let asked = 1; ; asked++) {
    const evidence = await ask(anywhere, serverConfig, gateway);
    if (evidence.kind !== 'none' || asked === ASKED_AT_LARGE) return evidence;
  }
}

async function ask(row: LedgerRow, serverConfig: ServerConfig, gateway: Gateway): Promise<Evidence> {
  try {
    const response = await gateway.upstreams.send({
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
    if (response.status !== 200) return { kind: 'none' };
    return { kind: 'answer', answer: { text, ...(response.instance !== undefined && { instance: response.instance }) } };
  } catch (error) {
    if (FleetError.is(error)) return { kind: 'none' };
    throw error;
  }
}
