import { pipeline, type Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** Longest step of decompression, in bytes: each is read before the next is made, so that a small answer cannot become a large one unseen. */
const STEP_BYTES = 64 * 1024;

/** Codings that servers use although none was asked for (RFC 9110 § 8.4.1). */
const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: () => createGunzip({ chunkSize: STEP_BYTES }),
  'x-gzip': () => createGunzip({ chunkSize: STEP_BYTES }),
  deflate: () => createInflate({ chunkSize: STEP_BYTES }),
  br: () => createBrotliDecompress({ chunkSize: STEP_BYTES, flush: constants.BROTLI_OPERATION_FLUSH }),
};

/** A body without its content coding; decoded outside of the event loop, in step with its reader. Undefined for one that is not known. */
export function decoded(body: Readable, coding: string | string[] | undefined): Readable | undefined {
  const name = String(coding ?? 'identity')
    .trim()
    .toLowerCase();
  if (name === 'identity' || name === '') return body;
  const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name]?.() : undefined;
  // Its reader learns of an error by the stream that it reads.
  return decoder === undefined ? undefined : (pipeline(body, decoder, () => undefined) as unknown as Readable);
}
