import { PassThrough, pipeline, Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { type Body, END_PATIENCE_MS, type Take } from './body';

/** Longest step of decompression, in bytes: each is read before the next is made, so that a small answer cannot become a large one unseen. */
const STEP_BYTES = 64 * 1024;
/** Codings inside each other that are undone, as at a sidecar. */
const MOST_CODINGS = 2;

type Decoder = NodeJS.ReadWriteStream & Readable;

/** Codings that servers use although none was asked for (RFC 9110 § 8.4.1). */
const DECODERS: Readonly<Record<string, (body: Readable) => Readable>> = {
  gzip: (body) => through(body, createGunzip({ chunkSize: STEP_BYTES })),
  'x-gzip': (body) => through(body, createGunzip({ chunkSize: STEP_BYTES })),
  deflate: inflated,
  br: (body) => through(body, createBrotliDecompress({ chunkSize: STEP_BYTES, flush: constants.BROTLI_OPERATION_FLUSH })),
};

/** A body without its content codings; decoded outside of the event loop, in step with its reader. Undefined for one that is not known. */
export function decoded(body: Body, coding: string | string[] | undefined): Body | undefined {
  if (coding === undefined) return body;
  const codings = String(coding ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (codings.length > MOST_CODINGS || !codings.every((name) => Object.hasOwn(DECODERS, name))) return undefined;
  if (codings.length === 0) return body;
  return new DecodedBody(codings.reduceRight((inner, name) => (DECODERS[name] as (body: Readable) => Readable)(inner), readableOf(body)));
}

/** A body that decoders stand before. */
class DecodedBody implements Body {
  constructor(private readonly decoder: Readable) {
    decoder.on('error', () => undefined); // its reader learns of it; a body that is given up has none, and an unheard error ends the process
  }

  get over(): boolean {
    return this.decoder.readableEnded || this.decoder.destroyed;
  }

  async read(take: Take): Promise<void> {
    for await (const piece of this.decoder.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
      if ((await take(piece)) === true) return;
  }

  letGo(): void {
    if (this.over) return;
    this.decoder.resume();
    const timer = setTimeout(() => this.destroy(), END_PATIENCE_MS);
    timer.unref();
    this.decoder.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    this.decoder.destroy();
  }
}

/** A body as a stream, for decoders; a decoder that is closed closes it. */
function readableOf(body: Body): Readable {
  let more: (() => void) | undefined;
  const readable = new Readable({
    read: () => more?.(),
    destroy: (error, done) => {
      if (!body.over) body.destroy();
      done(error);
    },
  });
  const take: Take = (piece) => {
    if (readable.push(piece)) return undefined;
    return new Promise((resolve) => {
      more = () => resolve(undefined);
    });
  };
  body.read(take).then(
    () => readable.push(null),
    (error) => readable.destroy(error),
  );
  return readable;
}

/** Its reader learns of an error by the stream that it reads. */
function through(body: Readable, decoder: Decoder): Readable {
  return pipeline(body, decoder, () => undefined) as unknown as Readable;
}

/** "deflate" is sent with and without the frame that it should have (RFC 9110 § 8.4.1.2); its first byte tells. */
function inflated(body: Readable): Readable {
  const whole = new PassThrough();
  const lost = (error: Error): void => void whole.destroy(error);
  const left = (): void => void body.destroy();
  body.once('error', lost);
  whole.once('close', left);
  body.once('readable', () => {
    const first = body.read() as Buffer | null;
    if (first === null) return void whole.end();
    body.unshift(first);
    const options = { chunkSize: STEP_BYTES };
    const inflate = ((first[0] ?? 0) & 0x0f) === 8 ? createInflate(options) : createInflateRaw(options);
    pipeline(body, inflate, whole, () => undefined);
  });
  return whole;
}
