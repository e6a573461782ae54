import { randomBytes } from 'node:crypto';
import type { ServerSession } from './server-line';
import type { Session } from './sessions';

/** Visible ASCII (MCP 2025-11-25 § Session Management). */
const VISIBLE = /^[\x21-\x7e]+$/;
/** Short enough to be sealed into an id of 1 KB. */
const SHORT = 512;
const OWN_BYTES = 16;

/** The ids under which an HTTP server knows the sessions of this instance. A long one stays here and is known outside by a short one. */
export class SessionIds {
  readonly #serverIds = new Map<Session, string>();

  /** @param longest bytes of an id that a server may give */
  constructor(private readonly longest: number) {}

  isValid(serverId: string): boolean {
    return serverId.length <= this.longest && this.isSayable(serverId);
  }

  /** Whether it can stand in a header as it is. */
  isSayable(serverId: string): boolean {
    return VISIBLE.test(serverId);
  }

  /** Whether another session has it. */
  isTaken(serverId: string): boolean {
    return [...this.#serverIds.values()].includes(serverId);
  }

  /** The id by which the session is known outside. */
  outside(serverId: string): string {
    return serverId.length <= SHORT ? serverId : randomBytes(OWN_BYTES).toString('base64url');
  }

  keep(session: Session, serverId: string): void {
    this.#serverIds.set(session, serverId);
  }

  of(session: Session): string {
    return this.#serverIds.get(session) ?? session.id;
  }

  /** The session as its server knows it. */
  known(session: Session): ServerSession {
    return { id: this.of(session), version: session.protocolVersion };
  }

  forget(session: Session): void {
    this.#serverIds.delete(session);
  }
}
