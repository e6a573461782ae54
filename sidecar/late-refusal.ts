import { readServerMessage } from '../core/reading/server-message';
import type { BodyReader } from './body-reader';
import type { Holding } from './budget';
import type { Clock } from './clock';
import type { Exchange } from './exchange';
import { isLimiters, isReadable } from './rate-limit';
import { isSameId } from './response-reader';

/** The head of an answer. */
interface Head {
  readonly status: number;
  /** Flat name–value pairs. */
  readonly headers: readonly string[];
}

/**
 * A refusal, status 4xx or 5xx, that comes when the answer has become a stream already. What its status would say is said on the stream:
 * a JSON-RPC error of the server's under the id of the request, or what the sidecar makes of it.
 */
export class LateRefusal implements BodyReader {
  #chunks: Buffer[] = [];
  #over = false;

  /**
   * @param rules that may know a session's end by it, and then answer
   * @param limit bytes of the body
   * @param holding room for it; whoever made it lets go of it
   */
  constructor(
    private readonly head: Head,
    private readonly exchange: Exchange,
    private readonly rules: { onInspected?(start: string): boolean },
    private readonly limit: number,
    private readonly holding: Holding,
    private readonly clock: Clock,
  ) {}

  push(chunk: Buffer): void {
    if (this.#over) return;
    this.#chunks.push(chunk);
    const size = this.#chunks.reduce((sum, { length }) => sum + length, 0);
    if (size > this.limit || !this.holding.grow(chunk.length)) this.#tellNothing('more than may be read');
  }

  end(): void {
    if (this.#over) return;
    const text = Buffer.concat(this.#chunks)
      .toString()
      .replace(/^\ufeff/, '');
    const { status, headers } = this.head;
    if (status === 429 && isReadable(headers) && isLimiters(text, true)) this.exchange.refuse('rate_limited', 'the server answered 429');
    else if ((status === 400 || status === 404) && this.rules.onInspected?.(text)) return;
    // What a server had done before a 5xx nobody can tell.
    else if (status >= 500) this.#tellNothing('nothing that counts');
    else this.#tell(text);
  }

  /** A refusal of the transport's may carry no id, for the server did not look (JSON-RPC 2.0 § 5). */
  #tell(text: string): void {
    const id = this.exchange.requestId();
    const message = readServerMessage(text);
    const isRefusal = message.kind === 'response' && message.member === 'error' && id !== undefined;
    if (!isRefusal || (message.id !== null && !isSameId(message.id, id))) {
      this.#tellNothing('no JSON-RPC error');
      return;
    }
    const error = message.payload.replace(/[\r\n]+/g, ' ');
    this.exchange.event(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${error}}`, this.clock.now());
    this.exchange.end();
  }

  #tellNothing(what: string): void {
    this.#over = true;
    this.#chunks = [];
    this.exchange.cut(`the server answered ${this.head.status} and ${what}`);
  }
}
