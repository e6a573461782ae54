import { getRetryAfterHint, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { RetryErrorInfo, RetryErrorType, RetryStrategyV2, SdkError } from '@smithy/types';

/**
 * Repeats work as the SDK's middleware does, by a strategy of the SDK: it knows the attempts, the waits and the budget that many
 * failures use up. The last error says in its `$metadata` how many attempts there were.
 */
export async function attempt<T>(strategy: RetryStrategyV2, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  let token = await strategy.acquireInitialRetryToken('');
  for (let attempts = 1; ; attempts++) {
    try {
      const result = await work();
      strategy.recordSuccess(token);
      return result;
    } catch (error) {
      const again = strategy.refreshRetryTokenForRetry(token, judged(error as SdkError));
      token = await again.catch(() => {
        throw counted(error as SdkError, attempts);
      });
      await new Promise((done) => setTimeout(done, token.getRetryDelay()));
      // Whoever asked has gone in that time.
      if (signal?.aborted === true) throw counted(error as SdkError, attempts);
    }
  }
}

function judged(error: SdkError): RetryErrorInfo {
  const retryAfterHint = getRetryAfterHint(error.$response);
  return { error, errorType: typeOf(error), ...(retryAfterHint !== undefined && { retryAfterHint }) };
}

/** What is neither is not sent again. */
function typeOf(error: SdkError): RetryErrorType {
  if (isThrottlingError(error)) return 'THROTTLING';
  return isTransientError(error) ? 'TRANSIENT' : 'CLIENT_ERROR';
}

function counted(error: SdkError, attempts: number): SdkError {
  error.$metadata = { ...error.$metadata, attempts };
  return error;
}
