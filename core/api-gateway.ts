/** Limits of an Amazon API Gateway REST API that streams its answers ("Quotas for REST APIs"; "Response transfer modes"). */
export const API_LIMITS = {
  /** Request line and headers together, in bytes. */
  headBytes: 10_240,
  /** Body of a request. */
  bodyBytes: 10 * 1024 * 1024,
  /** From the first byte of a request to the last of its answer. */
  answerSeconds: 900,
  /** Without a byte of the answer, at a regional endpoint. */
  idleSeconds: 300,
} as const;

/** Name of the API's stage: no server can have it, so that a path that begins with it is told apart. */
export const API_STAGE = 'Fleet';

/** What the API answers in the gateway's place, and the error that its body tells; the rest is API Gateway's own. */
export const API_ANSWERS = {
  UNAUTHORIZED: 'UNAUTHENTICATED',
  ACCESS_DENIED: 'SERVER_DENIED',
  AUTHORIZER_FAILURE: 'AUTHORIZER_UNAVAILABLE',
  AUTHORIZER_CONFIGURATION_ERROR: 'AUTHORIZER_UNAVAILABLE',
  REQUEST_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
} as const;
