import type { IncomingMessage } from 'node:http';
import { AwsError } from '../aws-error';

/** What a request is about: the account's buckets, one bucket, or an object. */
export interface Target {
  readonly bucket?: string;
  readonly key?: string;
  readonly query: URLSearchParams;
}

/** A request that is about an object. */
export interface ObjectTarget extends Target {
  readonly bucket: string;
  readonly key: string;
}

const LONGEST_KEY = 1024;
const VIRTUAL_HOST = /^(.+)\.localhost(?::\d+)?$/;

/**
 * Reads a request's path, in path style (`/bucket/key`) or with the bucket in the host's name (`bucket.localhost`). Not by `URL`,
 * which would take `..` for a step upwards: in a key it is a part like any other.
 */
export function targetOf({ url = '/', headers }: IncomingMessage): Target {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  const [, ofHost] = VIRTUAL_HOST.exec(headers.host ?? '') ?? [];
  const [bucket, key] = ofHost === undefined ? splitPath(path.slice(1)) : [ofHost, path.slice(1)];
  if (bucket === '') return { query };
  return key === '' ? { bucket: decoded(bucket), query } : { bucket: decoded(bucket), key: keyOf(key), query };
}

function splitPath(path: string): [string, string] {
  const at = path.indexOf('/');
  return at < 0 ? [path, ''] : [path.slice(0, at), path.slice(at + 1)];
}

function keyOf(text: string): string {
  const key = decoded(text);
  if (Buffer.byteLength(key) > LONGEST_KEY) throw new AwsError('KeyTooLongError', 'Your key is too long');
  return key;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}
