import { SESSION_HEADER } from '../core/headers';
import type { Ask } from './ask';
import type { Recovery } from './recovery';

/** Sends a request once, under the present id of its session and with the cookies that belong there. */
export async function send(
  ask: Pick<Ask, 'url' | 'init' | 'headers' | 'signal' | 'body' | 'session' | 'cookies'>,
  recovery: Recovery,
): Promise<Response> {
  const { session, cookies, signal, body } = ask;
  const headers = new Headers(ask.headers);
  if (session?.current !== undefined) headers.set(SESSION_HEADER, session.current);
  cookies.addTo(headers);
  const response = await recovery.fetch(ask.url, { ...ask.init, headers, signal, ...(body !== undefined && { body }) });
  cookies.keep(response);
  return response;
}
