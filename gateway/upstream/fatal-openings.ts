import { hash } from 'node:crypto';
import { endedBy } from '../../core/endings';
import { readMembers } from '../../core/json-members';
import type { Identified } from '../call';

/** How long such a request is remembered, in milliseconds: it may have been the server's fault after all. */
export const FATAL_MS = 30_000;
/** Most that are remembered; the oldest give way. */
const LIMIT = 1_000;

/** Instances at which a process of the server has to end upon a request until the request is to blame, and not they. */
export const FATAL_TRIES = 2;

type Opening = Pick<Identified, 'server' | 'agentId' | 'text'>;

/**
 * Requests to open a session upon which two processes of their server have ended, one after the other. The same request of the same agent
 * is answered without a third one for a while. Of the same agent only: what the server did to one is no reason to refuse another.
 */
export class FatalOpenings {
  /** When each is forgotten, in milliseconds since the epoch, by what it says; the oldest first. */
  private readonly until = new Map<string, number>();

  /** @param now milliseconds since the epoch */
  constructor(private readonly now: () => number) {}

  note(opening: Opening): void {
    const key = keyOf(opening);
    this.until.delete(key);
    this.until.set(key, this.now() + FATAL_MS);
    if (this.until.size > LIMIT) this.until.delete(this.until.keys().next().value as string);
  }

  /** @throws FleetError SERVER_UNAVAILABLE for one that is remembered */
  refuse(opening: Opening): void {
    if (this.until.size === 0) return;
    const key = keyOf(opening);
    const leftMs = (this.until.get(key) ?? 0) - this.now();
    if (leftMs > 0)
      throw endedBy('not_opened', 'processes of the server ended upon the same initialize just now', { retryAfterMs: leftMs });
    this.until.delete(key);
  }
}

/** By its params: each attempt has an id of its own. */
function keyOf({ server, agentId, text = '' }: Opening): string {
  return hash('sha256', `${server}\0${agentId}\0${readMembers(text).get('params') ?? ''}`);
}
