import type { MiddlewareObj } from '@middy/core';

/** What a handler adds to the line of its invocation; never a token, a secret or an argument value. */
export type InvocationFacts = Record<string, string | number | undefined>;

const facts = new WeakMap<object, InvocationFacts>();

/**
 * Adds to the log line of the running invocation.
 * @param context the invocation's Lambda context, the same object that the handler was given
 */
export function note(context: object, more: InvocationFacts): void {
  facts.set(context, { ...facts.get(context), ...more });
}

/** Prints one JSON line per invocation: how it ended, how long it took, and what the handler noted. */
export function invocationLog(event: string): MiddlewareObj {
  const startedAt = new WeakMap<object, number>();
  const print = (context: object & { awsRequestId?: string }, outcome: InvocationFacts) => {
    const durationMs = Math.round(performance.now() - (startedAt.get(context) ?? performance.now()));
    const line = { time: new Date().toISOString(), event, requestId: context.awsRequestId, durationMs, ...facts.get(context), ...outcome };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  return {
    before: ({ context }) => {
      startedAt.set(context, performance.now());
    },
    after: ({ context }) => print(context, { level: 'info' }),
    onError: ({ context, error }) => print(context, { level: 'error', error: error?.name, reason: error?.message }),
  };
}
