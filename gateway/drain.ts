import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Admission } from './admit';
import type { Running } from './http/running';
import { type HandOverParts, handOver } from './ledger/hand-over';
import type { LateWrites } from './ledger/late-writes';
import type { OpenCallers } from './ledger/open-callers';
import { endStream } from './stream-end';

/** Longest wait for what is under way, in milliseconds; below the container's stop timeout (Fargate: at most 120 s). */
export const DRAIN_LIMIT_MS = 100_000;
const POLL_MS = 50;

export interface DrainParts extends HandOverParts {
  readonly admission: Admission;
  readonly running: Running;
  readonly openCallers: OpenCallers;
  readonly lateWrites: LateWrites;
}

/**
 * Ends a replica: the load balancer has stopped sending, so what is under way is let finish, claimed calls whose callers have left
 * as well. Streams without an end are ended at once, for their agents open others on other replicas. A claimed call that takes longer
 * than the limit is handed over to the ledger: its agent resumes it elsewhere.
 */
export async function drain(server: Server, parts: DrainParts, limitMs = DRAIN_LIMIT_MS): Promise<void> {
  const { admission, running, openCallers, lateWrites, now, log } = parts;
  log.info({ event: 'drain_started', underWay: admission.underWay.length, running: running.count });
  server.close();
  server.closeIdleConnections();
  for (const request of admission.underWay) endStream(request);
  const deadline = now() + limitMs;
  while (admission.underWay.length + running.count > 0 && now() < deadline) await delay(POLL_MS);
  const handedOver = await handOver(parts);
  await openCallers.settled();
  await lateWrites.flush();
  log.info({ event: 'drain_finished', cut: admission.underWay.length, handedOver });
  // The connections to servers are left as they are: to cut them would settle as lost what an instance still finishes.
  server.closeAllConnections();
}
