import { SESSION_HEADER } from '../core/headers';
import type { Cookies } from './cookies';

/** What sends requests. */
export interface Sender {
  fetch(url: string | URL, init: RequestInit): Promise<Response>;
}

/** What is sent. */
export interface Sendable {
  readonly url: string | URL;
  /** Method, redirect policy and the like; without headers, body and signal. */
  readonly init: RequestInit;
  /** As the client gave them: they hold the session id that the client knows. */
  readonly headers: Headers;
  readonly signal: AbortSignal;
  readonly body: string | undefined;
  /** Where it is known under another id now. */
  readonly session: { readonly current: string } | undefined;
  readonly cookies: Cookies;
}

/** Sends a request once, under the present id of its session and with the cookies that belong there. */
export async function send(request: Sendable, sender: Sender): Promise<Response> {
  const { session, cookies, signal, body } = request;
  const headers = new Headers(request.headers);
  if (session?.current !== undefined) headers.set(SESSION_HEADER, session.current);
  cookies.addTo(headers);
  const response = await sender.fetch(request.url, { ...request.init, headers, signal, ...(body !== undefined && { body }) });
  cookies.keep(response);
  return response;
}
