import { AwsError, notImplemented } from '../aws-error';
import { page } from '../pages';
import type { XmlContent } from '../xml';
import type { Bucket, ObjectStore, StoredObject } from './object-store';

const MOST_KEYS = 1000;
const KNOWN = ['list-type', 'prefix', 'delimiter', 'max-keys', 'continuation-token', 'start-after', 'encoding-type', 'fetch-owner', 'x-id'];

/** ListObjectsV2. */
export function listObjects(store: ObjectStore, { name }: Bucket, query: URLSearchParams): XmlContent {
  const strange = [...query.keys()].filter((given) => !KNOWN.includes(given));
  if (strange.length > 0 || query.get('list-type') !== '2')
    throw notImplemented(`s3:ListObjectsV2 with ${strange.join(', ') || 'no list-type=2'}`);
  const text = (of: string): string | undefined => query.get(of) || undefined;
  const prefix = text('prefix') ?? '';
  const delimiter = text('delimiter');
  const after = text('start-after');
  const size = mostKeys(text('max-keys'));
  const written = text('encoding-type') === 'url' ? encoded : (key: string) => key;
  const matching = store.list(name).filter(({ key }) => key.startsWith(prefix) && (after === undefined || isAfter(key, after)));
  const { items, nextToken } = page(entriesOf(matching, prefix, delimiter), ({ name }) => name, {
    list: JSON.stringify(['ListObjectsV2', name, prefix, delimiter]),
    token: text('continuation-token'),
    size,
  });
  return {
    Name: name,
    Prefix: written(prefix),
    ...(delimiter !== undefined && { Delimiter: written(delimiter) }),
    ...(after !== undefined && { StartAfter: written(after) }),
    MaxKeys: size,
    KeyCount: items.length,
    IsTruncated: nextToken !== undefined,
    ...(query.get('encoding-type') === 'url' && { EncodingType: 'url' }),
    ContinuationToken: text('continuation-token'),
    NextContinuationToken: nextToken,
    Contents: items.flatMap(({ object }) => object ?? []).map((object) => contentOf(object, written)),
    CommonPrefixes: items.filter(({ object }) => object === undefined).map((entry) => ({ Prefix: written(entry.name) })),
  };
}

/** ListObjectVersions, without folders. */
export function listVersions(store: ObjectStore, { name }: Bucket, query: URLSearchParams): XmlContent {
  const known = ['versions', 'prefix', 'max-keys', 'key-marker', 'version-id-marker', 'encoding-type', 'x-id'];
  const strange = [...query.keys()].filter((given) => !known.includes(given));
  if (strange.length > 0) throw notImplemented(`s3:ListObjectVersions with ${strange.join(', ')}`);
  const prefix = query.get('prefix') ?? '';
  const written = query.get('encoding-type') === 'url' ? encoded : (key: string) => key;
  const size = mostKeys(query.get('max-keys') || undefined);
  const [key, id] = [query.get('key-marker') || undefined, query.get('version-id-marker') || undefined];
  const all = store.versions(name).filter((version) => version.key.startsWith(prefix));
  // Behind the version that was given last.
  const at = all.findIndex((version) => version.key === key && versionOf(version) === id);
  const some = all.slice(at + 1, at + 1 + size);
  const last = some.at(-1);
  const more = at + 1 + size < all.length && last !== undefined;
  const entryOf = (version: (typeof all)[number]) => ({
    Key: written(version.key),
    VersionId: versionOf(version),
    IsLatest: version.isLatest,
    LastModified: new Date(version.changedAt),
    ...(version.deleteMarker === undefined && { ETag: version.etag, Size: version.bytes, StorageClass: 'STANDARD' }),
  });
  return {
    Name: name,
    Prefix: written(prefix),
    MaxKeys: size,
    IsTruncated: more,
    ...(query.get('encoding-type') === 'url' && { EncodingType: 'url' }),
    ...(more && { NextKeyMarker: written(last.key), NextVersionIdMarker: versionOf(last) }),
    Version: some.filter(({ deleteMarker }) => deleteMarker === undefined).map(entryOf),
    DeleteMarker: some.filter(({ deleteMarker }) => deleteMarker === true).map(entryOf),
  };
}

function versionOf({ versionId = 'null' }: StoredObject): string {
  return versionId;
}

interface Entry {
  /** Key of the object, or what several keys begin with. */
  readonly name: string;
  readonly object?: StoredObject;
}

/** Keys that have a delimiter behind the prefix are one entry together. */
function entriesOf(objects: readonly StoredObject[], prefix: string, delimiter: string | undefined): Entry[] {
  const entries = new Map<string, Entry>();
  for (const object of objects) {
    const end = delimiter === undefined ? -1 : object.key.indexOf(delimiter, prefix.length);
    const name = end < 0 ? object.key : object.key.slice(0, end + (delimiter ?? '').length);
    if (!entries.has(name)) entries.set(name, end < 0 ? { name, object } : { name });
  }
  return [...entries.values()];
}

function contentOf({ key, etag, bytes, changedAt }: StoredObject, written: (key: string) => string): XmlContent {
  return { Key: written(key), LastModified: new Date(changedAt), ETag: etag, Size: bytes, StorageClass: 'STANDARD' };
}

function mostKeys(text: string | undefined): number {
  if (text === undefined) return MOST_KEYS;
  if (!/^\d{1,9}$/.test(text)) throw new AwsError('InvalidArgument', 'max-keys is no number.');
  return Math.min(Number(text), MOST_KEYS);
}

function isAfter(key: string, other: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(other)) > 0;
}

function encoded(key: string): string {
  return encodeURIComponent(key.toWellFormed()).replaceAll('%2F', '/');
}
