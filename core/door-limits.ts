/** What an HTTP server of ours takes of one connection: options of `http.createServer`, said here so that no flag of Node widens them. */
export const DOOR_LIMITS = {
  /** Largest head of a request, in bytes; beyond it 431 (RFC 6585 § 5). */
  maxHeaderSize: 16 * 1024,
  /** Until a head must be whole, and a request with its body, in milliseconds; later ones get 408. */
  headersTimeout: 60_000,
  requestTimeout: 5 * 60_000,
  /** How often late ones are looked for, in milliseconds. */
  connectionsCheckingInterval: 10_000,
  /** No second reading of what RFC 9112 does not allow. */
  insecureHTTPParser: false,
} as const;
