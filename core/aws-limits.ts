/** How long programs wait for AWS, and how much at once. Plain data: gateway and functions build their clients from it. */
export interface AttemptLimits {
  /** From the request until a connection stands, the wait for one of the pool included; in milliseconds. */
  readonly connectMs: number;
  /** From the request until the head of its answer; in milliseconds. */
  readonly answerMs: number;
  /** How often one request is sent; the SDK repeats what was not answered, or answered 5xx or "slow down". */
  readonly attempts: number;
  /** Connections to one endpoint; what comes beyond them waits for `connectMs`. */
  readonly connections: number;
}

export interface AwsLimits extends AttemptLimits {
  /** All attempts of one request, their waits and the bodies of their answers; in milliseconds. */
  readonly totalMs: number;
}

/**
 * Ledger and directory. DynamoDB answers within some milliseconds; the whole stays below the time in which a marked call may
 * be delivered (`DELIVERY_WINDOW_MS`), and leaves a claim that was written unheard about as old as whoever repeats it has to wait.
 */
export const TABLE_LIMITS: AwsLimits = { connectMs: 1_000, answerMs: 3_000, attempts: 3, totalMs: 8_000, connections: 50 };

/** The authorizer, whose first answer after a pause takes the start of a function. */
export const FUNCTION_LIMITS: AwsLimits = { connectMs: 1_000, answerMs: 8_000, attempts: 2, totalMs: 12_000, connections: 50 };

/** Keys, read when a replica starts and every few minutes. */
export const SECRET_LIMITS: AwsLimits = { connectMs: 1_000, answerMs: 5_000, attempts: 3, totalMs: 12_000, connections: 50 };

/**
 * Tables, seen from a function: it ends before whoever invoked it gives up. Lambda's own time limit bounds the whole; the authorizer
 * has the last byte of an answer, too, within `answerMs`.
 */
export const FUNCTION_TABLE_LIMITS: AttemptLimits = { connectMs: 1_000, answerMs: 2_000, attempts: 3, connections: 50 };

/** The allowlist, for who writes all of it: batches of many rows, of a table that may be new, while nobody waits for an answer. */
export const ALLOWLIST_WRITE_LIMITS: AttemptLimits = { connectMs: 1_000, answerMs: 15_000, attempts: 3, connections: 10 };

/** The archive, seen from its function, whose objects have some megabytes. */
export const ARCHIVE_LIMITS: AttemptLimits = { connectMs: 1_000, answerMs: 10_000, attempts: 3, connections: 10 };

/**
 * The part of the limits that the AWS SDK for JavaScript v3 keeps by itself, as configuration of a client. Without
 * `throwOnRequestTimeout` it would only warn.
 */
export function clientSettings({ connectMs, answerMs, attempts, connections }: AttemptLimits) {
  const agent = { keepAlive: true, maxSockets: connections };
  return {
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: answerMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
}
