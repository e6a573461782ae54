import { PassThrough, pipeline, type Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

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
export function decoded(body: Readable, coding: string | string[] | undefined): Readable | undefined {
  const codings = String(coding ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (codings.length > MOST_CODINGS || !codings.every((name) => Object.hasOwn(DECODERS, name))) return undefined;
  return codings.reduceRight((inner, name) => (DECODERS[name] as (body: Readable) => Readable)(inner), body);
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
