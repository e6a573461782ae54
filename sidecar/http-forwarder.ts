import type { Dispatcher } from 'undici';
import { SESSION_HEADER } from '../core/headers';
import type { RequestId } from '../core/message';
import type { Budget } from './budget';
import type { Clock } from './clock';
import type { Exchange } from './exchange';
import { Forwarding, type ForwardRules, type Verdict } from './forward';
import type { Limits } from './limits';
import type { Logger } from './log';
import { requestHeaders, withoutHeader } from './passed-headers';
import { isLimiters, isReadable } from './rate-limit';
import { ResponseReader } from './response-reader';
import type { ServerLine } from './server-line';

/** What is particular to one kind of request. */
export type Rules = Pick<ForwardRules, 'onHead' | 'onInspected' | 'onBegun' | 'outlivesGateway' | 'onDone'>;

/** Sends requests to the server, and reads of their answers what every one is read for: its response, and whether it is a limiter's 429. */
export class HttpForwarder {
  constructor(
    private readonly server: ServerLine,
    private readonly budget: Budget,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly limits: Limits,
  ) {}

  /** @param serverId of the session, as the server knows it */
  send(exchange: Exchange, rules: Rules, serverId?: string): Forwarding {
    const { request, body, context } = exchange;
    /** Whether what is inspected is a 429. */
    let limited = false;
    const forwarding = new Forwarding(
      exchange,
      {
        ...rules,
        onHead: (status, headers): Verdict => {
          const verdict = rules.onHead(status, headers);
          limited = verdict === 'pass' && status === 429 && isReadable(headers);
          return limited ? 'inspect' : verdict;
        },
        onInspected: (start, whole) => {
          if (!limited) return rules.onInspected?.(start, whole) ?? false;
          if (isLimiters(start, whole)) exchange.name('rate_limited');
          return false;
        },
        reader: readerFor(exchange, this.limits, this.budget),
        inspectedBytes: this.limits.inspectedBytes,
        holding: this.budget.open(context.agent),
        afterResponse: this.limits.afterResponse,
        onLost: (delivered, error) => {
          const code = (error as NodeJS.ErrnoException).code ?? error.name;
          this.log.warn({ agent: context.agent, delivered, code }, delivered ? 'server_lost' : 'server_unavailable');
        },
      },
      this.clock,
    );
    const headers = withoutHeader(requestHeaders(request.rawHeaders), SESSION_HEADER);
    if (serverId !== undefined) headers.push(SESSION_HEADER, serverId);
    this.server.send(request.method as Dispatcher.HttpMethod, headers, body, forwarding);
    return forwarding;
  }
}

/** The id of the request that it carries, where it carries one. */
export function requestId(exchange: Exchange): RequestId | undefined {
  if (exchange.body === undefined) return undefined;
  const message = exchange.parse();
  return message.kind === 'request' ? message.id : undefined;
}

function readerFor(exchange: Exchange, limits: Limits, budget: Budget): (() => ResponseReader) | undefined {
  if (exchange.request.method !== 'POST') return undefined;
  return () => new ResponseReader(requestId(exchange) ?? '', limits.keptAnswerBytes, budget.open(exchange.context.agent));
}
