/** Whose failure it is that a request to AWS was not served: the endpoint's (or the way to it), or that of our credentials. */
export type Failure = 'endpoint' | 'credentials';

/** Errors of the SDK and of AWS (Common Errors) by which nobody may speak for this task any more. Not `AccessDenied`: every replica has the same role. */
const CREDENTIAL_ERRORS = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  // Also what a clock that is off leads to, once the SDK's own correction has not helped.
  'InvalidSignatureException',
  'RequestTimeTooSkewed',
]);

/** Faults of the program, raised before a request left. */
const PROGRAM_ERRORS = new Set(['TypeError', 'RangeError', 'ReferenceError']);

interface AwsError {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * Classifies what a request to AWS ended with. Undefined for an answer of a sound endpoint: a condition that does not hold, a
 * request that is not valid, a throttled one, a refusal by policy. Without a status no answer came: a time-out, a name that is
 * not known, a connection that broke, TLS; the SDK does not always leave their codes readable.
 */
export function failureOf(error: unknown): Failure | undefined {
  const { name = '' } = error as AwsError;
  if (CREDENTIAL_ERRORS.has(name)) return 'credentials';
  const status = statusOf(error);
  if (status !== undefined) return status >= 500 ? 'endpoint' : undefined;
  return PROGRAM_ERRORS.has(name) ? undefined : 'endpoint';
}

/** The HTTP status that the endpoint answered with; undefined where it did not. */
export function statusOf(error: unknown): number | undefined {
  return (error as AwsError).$metadata?.httpStatusCode;
}
