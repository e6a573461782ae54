/** Key of the item of the directory by which gateways hear that an operator has changed the allowlist: a set of {@link Revocation} as JSON texts. */
export const REVOCATIONS_KEY = 'revocations';

/**
 * That somebody's rows of the allowlist have changed. It says whom to ask the authorizer about anew, and nothing of what is allowed: what is
 * written here can cut nobody off who is granted what he does.
 */
export interface Revocation {
  /** Different for each. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** agentId. */
  readonly agent: string;
  /** `*` for all servers. */
  readonly server: string;
  /** Keys of the sessions that are to end, as they stand in the directory. */
  readonly sessions: readonly string[];
}

/** How long news stand there, in milliseconds: every gateway that runs has looked many times. */
export const REVOCATION_STANDS_MS = 60_000;
