/**
 * Where a 307 or 308 sends the very same request (RFC 9110 § 15.4.8): a URL within the origin, words for any other, undefined for an
 * answer that is no redirect. Those of other statuses change the method: they may come after something was executed.
 */
export function redirectOf(status: number, location: unknown, from: URL): URL | string | undefined {
  if (status !== 307 && status !== 308) return undefined;
  if (typeof location !== 'string' || !URL.canParse(location, from.href)) return 'without saying where';
  const target = new URL(location, from);
  // What a server says here goes past the guard of secrets: none of it is quoted.
  return target.origin === from.origin ? target : 'to another origin';
}

/** Most redirects of one request. */
export const REDIRECT_LIMIT = 3;
