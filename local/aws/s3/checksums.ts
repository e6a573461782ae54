import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { AwsError, notImplemented } from '../aws-error';

const BASE = 'x-amz-checksum-';
/** What is no checksum although its name begins like one. */
const OTHERS = ['algorithm', 'type', 'mode'];

/** Checksums that are known here; the values are base64. */
export type Algorithm = 'crc32' | 'sha1' | 'sha256';
const ALGORITHMS: readonly string[] = ['crc32', 'sha1', 'sha256'];

export interface Digests {
  /** Hex. */
  readonly md5: string;
  readonly sha256: string;
  readonly checksum?: { readonly algorithm: Algorithm; readonly value: string };
}

/** Follows bytes as they pass. */
export class Digest {
  private readonly md5 = createHash('md5');
  private readonly sha256 = createHash('sha256');
  private readonly sha1 = createHash('sha1');
  private crc = 0;

  constructor(private readonly algorithm: Algorithm | undefined) {}

  update(chunk: Buffer): void {
    this.md5.update(chunk);
    this.sha256.update(chunk);
    if (this.algorithm === 'sha1') this.sha1.update(chunk);
    if (this.algorithm === 'crc32') this.crc = crc32(chunk, this.crc);
  }

  end(): Digests {
    const sha256 = this.sha256.digest();
    const checksum = this.algorithm && { algorithm: this.algorithm, value: this.valueOf(this.algorithm, sha256).toString('base64') };
    return { md5: this.md5.digest('hex'), sha256: sha256.toString('hex'), ...(checksum && { checksum }) };
  }

  private valueOf(algorithm: Algorithm, sha256: Buffer): Buffer {
    if (algorithm === 'sha256') return sha256;
    if (algorithm === 'sha1') return this.sha1.digest();
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(this.crc);
    return crc;
  }
}

/**
 * The algorithm that a request says its content is checked by, in a header or in a trailer to come.
 * @throws AwsError for one that is not known here: content that nobody checks is not stored
 */
export function algorithmOf(headers: IncomingHttpHeaders): Algorithm | undefined {
  const names = Object.keys(headers).filter((name) => name.startsWith(BASE));
  const given = [...names, ...trailersOf(headers)].map((name) => name.slice(BASE.length)).filter((name) => !OTHERS.includes(name));
  const [algorithm, ...more] = new Set(given);
  if (algorithm === undefined) return undefined;
  if (more.length > 0) throw new AwsError('InvalidRequest', 'Expecting a single x-amz-checksum- header');
  if (ALGORITHMS.includes(algorithm)) return algorithm as Algorithm;
  throw notImplemented(`the checksum ${algorithm.toUpperCase()}, but ${ALGORITHMS.join(', ').toUpperCase()}`);
}

function trailersOf(headers: IncomingHttpHeaders): string[] {
  const named = String(headers['x-amz-trailer'] ?? '').toLowerCase();
  return named
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name.startsWith(BASE));
}

/**
 * Holds what has come against everything that a request said of it.
 * @param trailers that came behind the body
 */
export function compare(digests: Digests, headers: IncomingHttpHeaders, trailers: ReadonlyMap<string, string>): void {
  const md5 = headers['content-md5'];
  if (md5 !== undefined && Buffer.from(String(md5), 'base64').toString('hex') !== digests.md5)
    throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  const payload = headers['x-amz-content-sha256'];
  if (typeof payload === 'string' && /^[0-9a-f]{64}$/.test(payload) && payload !== digests.sha256)
    throw new AwsError('XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match what was computed.");
  const { checksum } = digests;
  if (checksum === undefined) return;
  const name = `${BASE}${checksum.algorithm}`;
  const expected = trailers.get(name) ?? headers[name];
  if (expected !== checksum.value)
    throw new AwsError('BadDigest', `The ${checksum.algorithm.toUpperCase()} you specified did not match the calculated checksum.`);
}
