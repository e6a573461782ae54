import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { isEventStream } from './event-stream';

type Controller = Dispatcher.DispatchController;

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
export class Decoding implements Dispatcher.DispatchHandler {
  #codings: readonly string[] = [];
  #streams: Transform[] = [];
  #left: number;
  #inputEnded = false;
  #failed = false;

  /** @param limit bytes that an answer may become */
  constructor(
    private readonly next: Dispatcher.DispatchHandler,
    limit: number,
  ) {
    this.#left = limit;
  }

  onRequestStart(controller: Controller, context: object): void {
    this.next.onRequestStart?.(this.#decoded(controller), context);
  }

  onResponseStart(controller: Controller, status: number, headers: Record<string, string | string[]>, message?: string): void {
    const codings = codingsOf(controller.rawHeaders);
    const unknown = codings.find((coding) => !Object.hasOwn(DECODERS, coding));
    if (unknown !== undefined || codings.length > MOST_CODINGS) {
      this.#failed = true;
      const error = new Error(`the answer is coded in a way that is not read: ${codings.join(', ').slice(0, 100)}`);
      controller.abort(Object.assign(error, { code: 'UNKNOWN_CODING' }));
      return;
    }
    this.#codings = codings.reverse();
    if (isEventStream(textOf(controller.rawHeaders))) this.#left = Number.POSITIVE_INFINITY;
    this.next.onResponseStart?.(this.#decoded(controller), status, headers, message);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#codings.length === 0) {
      this.next.onResponseData?.(controller, chunk);
      return;
    }
    if (this.#streams.length === 0) this.#open(controller, chunk[0] ?? 0);
    const [first] = this.#streams;
    if (first === undefined || first.write(chunk)) return;
    controller.pause();
    first.once('drain', () => controller.resume());
  }

  onResponseEnd(controller: Controller, trailers: Record<string, string | string[]>): void {
    this.#inputEnded = true;
    const [first] = this.#streams;
    if (first === undefined) this.next.onResponseEnd?.(controller, trailers);
    else first.end();
  }

  onResponseError(controller: Controller, error: Error): void {
    this.#close();
    this.next.onResponseError?.(controller, error);
  }

  #open(controller: Controller, first: number): void {
    this.#streams = this.#codings.map((coding, i) => (DECODERS[coding] as (first: number) => Transform)(i === 0 ? first : 8));
    for (const [i, stream] of this.#streams.entries()) {
      const next = this.#streams[i + 1];
      if (next !== undefined) stream.pipe(next);
      stream.on('error', (error) => this.#fail(controller, error));
    }
    const decoded = this.#decoded(controller);
    const last = this.#streams.at(-1) as Transform;
    last.on('data', (chunk: Buffer) => {
      this.#left -= chunk.length;
      if (this.#left >= 0) this.next.onResponseData?.(decoded, chunk);
      else this.#fail(controller, Object.assign(new Error('the answer is larger than may be decoded'), { code: 'DECODED_TOO_LARGE' }));
    });
    last.on('end', () => this.next.onResponseEnd?.(decoded, {}));
  }

  /** Once the coded answer is whole, there is nothing left to abort at the server. */
  #fail(controller: Controller, error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    if (this.#inputEnded) this.onResponseError(controller, error);
    else controller.abort(error);
  }

  #close(): void {
    this.#failed = true;
    for (const stream of this.#streams) stream.destroy();
  }

  /** The controller of the decoded answer: what is paused is the end of the chain, whose beginning then pauses the server. */
  #decoded(controller: Controller): Controller {
    const last = () => this.#streams.at(-1);
    return {
      get aborted() {
        return controller.aborted;
      },
      get paused() {
        return last()?.isPaused() ?? controller.paused;
      },
      get reason() {
        return controller.reason;
      },
      get rawHeaders() {
        return withoutCoding(controller.rawHeaders);
      },
      get rawTrailers() {
        return controller.rawTrailers;
      },
      pause: () => {
        (last() ?? controller).pause();
      },
      resume: () => {
        (last() ?? controller).resume();
      },
      abort: (reason) => {
        if (this.#inputEnded && this.#streams.length > 0) this.#fail(controller, reason);
        else controller.abort(reason);
      },
    };
  }
}

type RawHeaders = Controller['rawHeaders'];

function textOf(raw: RawHeaders): string[] {
  return ((raw ?? []) as readonly (Buffer | string)[]).map((item) => (typeof item === 'string' ? item : item.toString('latin1')));
}

/** In the order in which they were applied, without those that change nothing. */
function codingsOf(raw: RawHeaders): string[] {
  const flat = textOf(raw);
  return flat.flatMap((name, i) => {
    if (i % 2 === 1 || name.toLowerCase() !== 'content-encoding') return [];
    const codings = (flat[i + 1] ?? '').split(',').map((coding) => coding.trim().toLowerCase());
    return codings.filter((coding) => coding !== '' && coding !== 'identity');
  });
}

/** Once it is decoded, an answer has neither this coding nor this length. */
function withoutCoding(raw: RawHeaders): RawHeaders {
  const flat = textOf(raw);
  if (codingsOf(raw).length === 0) return raw;
  return flat.filter((_, i) => !['content-encoding', 'content-length'].includes((flat[i - (i % 2)] as string).toLowerCase())) as RawHeaders;
}
