import { closeServer, listenOnLoopback } from '../suites/loopback';
import { relay } from './relay';

/** A port of loopback through which a client without a token reaches a fleet. */
export interface BearerAdapter {
  /** Origin to connect to. */
  readonly origin: string;
  /** From now on requests go there, with this token. */
  connect(baseUrl: string, token: string): void;
  stop(): Promise<void>;
}

/**
 * The suites know nothing of authorization: this adds the token and nothing else. `Host` and `Origin` stay as the client
 * sent them, because what the fleet makes of evil ones is under test.
 */
export async function startBearerAdapter(): Promise<BearerAdapter> {
  let fleet: { readonly origin: string; readonly headers: readonly string[] } | undefined;
  const server = relay(() => fleet);
  return {
    origin: await listenOnLoopback(server),
    connect: (baseUrl, token) => {
      fleet = { origin: baseUrl, headers: ['Authorization', `Bearer ${token}`] };
    },
    stop: () => closeServer(server),
  };
}
