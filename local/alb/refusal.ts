import type { IncomingMessage } from 'node:http';
import { QUOTAS } from '../quotas';

/** What a load balancer answers itself, with the words of its page. */
export interface OwnAnswer {
  readonly status: number;
  readonly text: string;
}

/** Why a request goes no further ("Quotas for your Application Load Balancers", "Troubleshoot your Application Load Balancers"). */
export function refusalOf({ method, url = '', httpVersion, rawHeaders }: IncomingMessage): OwnAnswer | undefined {
  if (method === 'TRACE') return { status: 405, text: 'Method Not Allowed' };
  const line = `${method} ${url} HTTP/${httpVersion}`.length;
  if (line > QUOTAS.requestLine.most) return { status: 414, text: 'Request-URI Too Large' };
  const headers = lengthsOf(rawHeaders);
  if (headers.some((length) => length > QUOTAS.requestHeader.most) || sizeOf(headers) > QUOTAS.requestHeaders.most) return TOO_LARGE;
  if (forwardedFor(rawHeaders) > QUOTAS.forwardedFor.most) return { status: 463, text: 'Too many IPs in X-Forwarded-For header' };
  return undefined;
}

/** Also of a head that no parser takes to its end. */
export const TOO_LARGE: OwnAnswer = { status: 400, text: 'Request Header Or Cookie Too Large' };

/** @param raw names and values in turn, each as many bytes as it has characters */
export function isAnswerTooLarge(raw: readonly (string | Buffer)[]): boolean {
  return sizeOf(lengthsOf(raw)) > QUOTAS.responseHeaders.most;
}

/** Of each line without its end. */
function lengthsOf(raw: readonly { readonly length: number }[]): readonly number[] {
  const lengths: number[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) lengths.push((raw[i]?.length ?? 0) + ': '.length + (raw[i + 1]?.length ?? 0));
  return lengths;
}

function sizeOf(lines: readonly number[]): number {
  return lines.reduce((sum, length) => sum + length + '\r\n'.length, 0);
}

function forwardedFor(rawHeaders: readonly string[]): number {
  return rawHeaders.reduce(
    (count, name, i) =>
      i % 2 === 0 && name.toLowerCase() === 'x-forwarded-for' ? count + (rawHeaders[i + 1] ?? '').split(',').length : count,
    0,
  );
}
