import { readMembers } from '../../core/json-members';
import { OWN_INITIALIZE } from '../../core/own-initialize';
import type { Exchange } from '../exchange';

/** Params of an `initialize`, as they were written. Sessions that were opened with the same words are one as good as another. */
export type Shape = string;

/** By which the fleet itself opens sessions. */
export const OWN_SHAPE: Shape = JSON.stringify(OWN_INITIALIZE);

/** The only members that a request may have beside its params. */
const MEMBERS = ['jsonrpc', 'id', 'method', 'params'];

/** Headers that any HTTP peer sends, or that tell one request from another; those of the fleet end here. None says who asks, or for what. */
const MEANINGLESS = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'host',
  'sec-fetch-mode',
  'traceparent',
  'tracestate',
  'user-agent',
]);
const MEANINGLESS_PREFIX = /^(mcp-fleet-|x-forwarded-|x-amzn-)/;

/**
 * What an `initialize` asks for, where its params alone say it. One with `_meta`, or with a header that a server may take for more than
 * a request's own, is of no shape: nothing that was opened ahead stands for it.
 * @param limit bytes of the params
 */
export function shapeOf({ request: { rawHeaders }, body }: Exchange, limit: number): Shape | undefined {
  for (let at = 0; at < rawHeaders.length; at += 2) if (!isMeaningless((rawHeaders[at] as string).toLowerCase())) return undefined;
  const members = readMembers(body?.toString());
  const params = members.get('params');
  if (params === undefined || Buffer.byteLength(params) > limit) return undefined;
  if ([...members.keys()].some((name) => !MEMBERS.includes(name))) return undefined;
  return readMembers(params).has('_meta') ? undefined : params;
}

function isMeaningless(header: string): boolean {
  return MEANINGLESS.has(header) || MEANINGLESS_PREFIX.test(header);
}
