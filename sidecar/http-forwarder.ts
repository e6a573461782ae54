import { SESSION_HEADER } from '../core/headers';
import type { Exchange } from './exchange';
import { Forwarding, type ForwardParts, type ForwardRules } from './forward';
import { requestHeaders } from './passed-headers';
import type { ServerLine } from './server-line';

/** Sends requests to the server. */
export class HttpForwarder {
  constructor(
    private readonly server: ServerLine,
    private readonly parts: ForwardParts,
    private readonly credentialHeader?: string,
  ) {}

  /** @param serverId of the session, as the server knows it */
  send(exchange: Exchange, rules: ForwardRules, serverId?: string): Forwarding {
    const { request, body } = exchange;
    const forwarding = new Forwarding(exchange, rules, this.parts);
    const headers = requestHeaders(request.rawHeaders, this.credentialHeader);
    if (serverId !== undefined) headers.push(SESSION_HEADER, serverId);
    this.server.send(request.method as string, headers, body, forwarding);
    return forwarding;
  }
}
