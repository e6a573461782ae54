import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { isEventStream } from './event-stream';
import type { AnswerHandler, Flow } from './http1/answer-handler';

/** Codings inside each other that are undone; each costs a stream. */
const MOST_CODINGS = 2;

/** Each by the first byte of what is coded: "deflate" is sent with and without the frame that it should have (RFC 9110 § 8.4.1.2). */
const DECODERS: Readonly<Record<string, (first: number) => Transform>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: (first) => ((first & 0x0f) === 8 ? createInflate() : createInflateRaw()),
  br: () => createBrotliDecompress(),
};

/**
 * Undoes the content codings of an answer, which nobody asked for: in a coded stream no heartbeat could be put, and of a coded
 * answer nothing could be read. Off the event loop, in step with who reads, and bounded where the answer is no stream.
 */
export class Decoding implements AnswerHandler, Flow {
  #server?: Flow;
  #codings: readonly string[] = [];
  #streams: Transform[] = [];
  #left: number;
  #inputEnded = false;
  #failed = false;

  /** @param limit bytes that an answer may become */
  constructor(
    private readonly next: AnswerHandler,
    limit: number,
  ) {
    this.#left = limit;
  }

  onSending(flow: Flow): void {
    this.next.onSending(flow);
  }

  onHead(flow: Flow, status: number, fields: readonly string[]): void {
    this.#server = flow;
    const codings = codingsOf(fields);
    const unknown = codings.find((coding) => !Object.hasOwn(DECODERS, coding));
    if (unknown !== undefined || codings.length > MOST_CODINGS) {
      this.#failed = true;
      const error = new Error(`the answer is coded in a way that is not read: ${codings.join(', ').slice(0, 100)}`);
      flow.abort(Object.assign(error, { code: 'UNKNOWN_CODING' }));
      return;
    }
    this.#codings = codings.reverse();
    if (isEventStream(fields)) this.#left = Number.POSITIVE_INFINITY;
    this.next.onHead(this, status, codings.length === 0 ? fields : withoutCoding(fields));
  }

  onBytes(flow: Flow, chunk: Buffer): void {
    if (this.#codings.length === 0) {
      this.next.onBytes(this, chunk);
      return;
    }
    if (this.#streams.length === 0) this.#open(chunk[0] ?? 0);
    const [first] = this.#streams;
    if (first === undefined || first.write(chunk)) return;
    flow.pause();
    first.once('drain', () => flow.resume());
  }

  onEnd(): void {
    this.#inputEnded = true;
    const [first] = this.#streams;
    if (first === undefined) this.next.onEnd();
    else first.end();
  }

  onError(error: Error): void {
    this.#failed = true;
    for (const stream of this.#streams) stream.destroy();
    this.next.onError(error);
  }

  /** What is paused is the end of the chain, whose beginning then pauses the server. */
  pause(): void {
    (this.#streams.at(-1) ?? this.#server)?.pause();
  }

  resume(): void {
    (this.#streams.at(-1) ?? this.#server)?.resume();
  }

  abort(error: Error): void {
    if (this.#inputEnded && this.#streams.length > 0) this.#fail(error);
    else this.#server?.abort(error);
  }

  #open(first: number): void {
    this.#streams = this.#codings.map((coding, i) => (DECODERS[coding] as (first: number) => Transform)(i === 0 ? first : 8));
    for (const [i, stream] of this.#streams.entries()) {
      const next = this.#streams[i + 1];
      if (next !== undefined) stream.pipe(next);
      stream.on('error', (error) => this.#fail(error));
    }
    const last = this.#streams.at(-1) as Transform;
    last.on('data', (chunk: Buffer) => {
      this.#left -= chunk.length;
      if (this.#left >= 0) this.next.onBytes(this, chunk);
      else this.#fail(Object.assign(new Error('the answer is larger than may be decoded'), { code: 'DECODED_TOO_LARGE' }));
    });
    last.on('end', () => this.next.onEnd());
  }

  /** Once the coded answer is whole, there is nothing left to abort at the server. */
  #fail(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    if (this.#inputEnded) this.onError(error);
    else this.#server?.abort(error);
  }
}

/** In the order in which they were applied, without those that change nothing. */
function codingsOf(fields: readonly string[]): string[] {
  return fields.flatMap((name, i) => {
    if (i % 2 === 1 || name !== 'content-encoding') return [];
    const codings = (fields[i + 1] ?? '').split(',').map((coding) => coding.trim().toLowerCase());
    return codings.filter((coding) => coding !== '' && coding !== 'identity');
  });
}

/** Once it is decoded, an answer has neither this coding nor this length. */
function withoutCoding(fields: readonly string[]): string[] {
  return fields.filter((_, i) => !['content-encoding', 'content-length'].includes(fields[i - (i % 2)] as string));
}
