import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway } from './gateway';

/** Longest wait for what is under way, in milliseconds; below the container's stop timeout (Fargate: at most 120 s). */
export const DRAIN_LIMIT_MS = 100_000;
const POLL_MS = 50;

/**
 * Ends a replica: the load balancer has stopped sending, so what is under way is let finish. Calls are waited for; a GET
 * stream without end is not, because its agent opens another one.
 */
export async function drain(server: Server, gateway: Gateway, limitMs = DRAIN_LIMIT_MS): Promise<void> {
  gateway.log.info({ event: 'drain_started', underWay: gateway.admission.finite });
  server.close();
  server.closeIdleConnections();
  const deadline = gateway.now() + limitMs;
  while (gateway.admission.finite > 0 && gateway.now() < deadline) await delay(POLL_MS);
  gateway.log.info({ event: 'drain_finished', cut: gateway.admission.finite });
  server.closeAllConnections();
  await gateway.upstreams.close().catch(() => undefined);
}
