import { FleetError } from '../../core/errors';
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

/**
 * Asks the instance that a call was sent to for the answer, which it keeps for callers whose gateway or connection died.
 * The stickiness cookie in the row leads there; where it leads elsewhere now, the instance is gone.
 */
export async function askInstance(row: LedgerRow, gateway: Gateway): Promise<Evidence> {
  const serverConfig = gateway.config.servers[row.server];
  if (row.route === undefined || serverConfig === undefined || serverConfig.remoteUrl !== undefined) return { kind: 'none' };
  try {
    const response = await gateway.upstreams.send({
      server: row.server,
      serverConfig,
      method: 'GET',
      path: `${KEPT_ANSWER_PATH}/${row.callId}`,
      headers: { accept: 'application/json' },
      route: row.route,
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
