import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { AwsError } from './aws-error';

/** Tokens are of this run, and of nobody else's making. */
const KEY = randomBytes(32);
const PAGE = 100;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken?: string;
}

/**
 * One page of a list. A token names the last item that was given, not a number: a list that grows at its beginning, such as
 * events, gives none twice.
 * @param list what is listed, such as an action and a stack: a token of another list is none
 * @throws AwsError for a token that was not given by this list
 */
export function page<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  { list, token, size = PAGE }: { readonly list: string; readonly token: string | undefined; readonly size?: number },
): Page<Item> {
  const from = token === undefined ? 0 : items.findIndex((item) => idOf(item) === lastOf(list, token)) + 1;
  if (token !== undefined && from === 0) throw wrong();
  const some = items.slice(from, from + size);
  const last = some.at(-1);
  return { items: some, ...(last !== undefined && from + size < items.length && { nextToken: tokenAfter(list, idOf(last)) }) };
}

function tokenAfter(list: string, id: string): string {
  return `${Buffer.from(id).toString('base64url')}.${sign(list, id).toString('base64url')}`;
}

function lastOf(list: string, token: string): string {
  const [id = '', signature = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url')) as (Buffer | undefined)[];
  const expected = sign(list, id.toString());
  if (!Buffer.isBuffer(signature) || signature.length !== expected.length || !timingSafeEqual(signature, expected)) throw wrong();
  return id.toString();
}

function sign(list: string, id: string): Buffer {
  return createHmac('sha256', KEY)
    .update(JSON.stringify([list, id]))
    .digest();
}

function wrong(): AwsError {
  return new AwsError('ValidationError', 'The token is none that this list has given, or what it pointed at is gone.');
}
