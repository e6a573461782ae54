import { FleetError } from '../../core/errors';
import type { FleetConfig, ServerConfig } from '../../core/fleet-config';
import { HELD_SESSION_PATH } from '../../core/headers';
import type { DirectoryRow } from '../ledger/directory';
import { ownPatience } from './own-answer';
import { hadNoInstance } from './status';
import type { Upstreams } from './upstreams';

/** Whether the instance of a session still holds it. */
export type HeldSession = (row: DirectoryRow) => Promise<boolean>;

/**
 * Asks the sidecar of a session's instance, which does not count as use of the session. One that nobody can tell of is taken for held;
 * and so is that of a server outside the fleet, which has no sidecar.
 */
export function heldSession(config: Pick<FleetConfig, 'servers'>, upstreams: Upstreams): HeldSession {
  return async ({ server, agent, upstream, cookie }) => {
    const serverConfig: ServerConfig | undefined = config.servers[server];
    if (serverConfig === undefined) return false;
    if (serverConfig.remoteUrl !== undefined) return true;
    const session = { upstream, ...(typeof cookie === 'string' && { cookie }) };
    const request = { server, serverConfig, method: 'GET', path: HELD_SESSION_PATH, headers: {}, session, context: { agent, server } };
    try {
      const response = await upstreams.send(request, ownPatience('GET'));
      response.body.letGo();
      return true;
    } catch (error) {
      return !(FleetError.is(error) && error.kind === 'UNKNOWN_SESSION') && !hadNoInstance(error, serverConfig);
    }
  };
}
