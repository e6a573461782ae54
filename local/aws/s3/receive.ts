import { randomUUID } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AwsError } from '../aws-error';
import { algorithmOf, compare, Digest, type Digests } from './checksums';
import { isChunked, unchunked } from './chunked-body';

/** What has come of a request, as a file of nobody yet. */
export interface Received extends Digests {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Writes the content of a request to a file as it comes, and holds it against the length and the checksums that were said.
 * Nothing of it is left when that fails.
 * @param limit of its bytes
 */
export async function receive(request: IncomingMessage, folder: string, limit: number): Promise<Received> {
  const { headers } = request;
  const expected = lengthOf(request);
  if (expected !== undefined && expected > limit) throw tooLarge();
  const digest = new Digest(algorithmOf(headers));
  const trailers = new Map<string, string>();
  const path = join(folder, `incoming-${randomUUID()}`);
  let bytes = 0;
  const counted = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > limit) throw tooLarge();
      digest.update(chunk);
      yield chunk;
    }
  };
  // It is there before anything can fail: one that is made while it is removed would be left.
  const file = await open(path, 'wx', 0o600);
  try {
    const source = isChunked(headers) ? unchunked(request, trailers) : (request as AsyncIterable<Buffer>);
    await pipeline(counted(source), file.createWriteStream());
    if (expected !== undefined && expected !== bytes)
      throw new AwsError('IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length HTTP header.');
    const digests = digest.end();
    compare(digests, headers, trailers);
    return { ...digests, path, bytes: (await stat(path)).size };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** What a request says of its content's length; the body itself is longer where it comes in chunks. */
function lengthOf({ headers }: IncomingMessage): number | undefined {
  const text = isChunked(headers) ? headers['x-amz-decoded-content-length'] : headers['content-length'];
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(String(text))) throw new AwsError('InvalidArgument', 'The length of the content is no number.');
  return Number(text);
}

function tooLarge(): AwsError {
  return new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size.');
}
