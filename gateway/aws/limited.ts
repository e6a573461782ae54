import type { Breaker } from './breaker';

/** What all clients of the AWS SDK v3 have in common. */
interface AwsClient {
  // biome-ignore lint/suspicious/noExplicitAny: the SDK's overloads of `send` have no common supertype
  send(command: any, options?: any): Promise<any>;
}

interface Limits {
  /** Bounds a request with all its attempts, in milliseconds. */
  readonly totalMs: number;
  readonly breaker: Breaker;
}

/**
 * The same client, each of whose requests ends in time and passes a breaker. The SDK bounds an attempt until the head of its
 * answer (`clientSettings`); a body that does not end, credentials that do not come and attempts in a row are bounded here.
 * Set on the client itself, not in its middleware: there nothing reaches the request's `abortSignal`. Paginators and
 * callers need not know.
 */
export function limited<Client extends AwsClient>(client: Client, { totalMs, breaker }: Limits): Client {
  const send = client.send.bind(client);
  client.send = (command: unknown, options?: object) =>
    breaker.run(() => within(totalMs, (abortSignal) => send(command, { ...options, abortSignal })));
  return client;
}

/** Lets go of the work, and aborts it, when its time is over. @throws TimeoutError, by name */
async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = Object.assign(new Error(`no answer within ${ms} ms, all attempts taken together`), { name: 'TimeoutError' });
      reject(error);
      abort.abort(error);
    }, ms);
  });
  try {
    return await Promise.race([work(abort.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
