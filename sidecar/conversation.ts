import { isObject, MODERN_VERSION_META, type RequestId } from '../core/message';
import type { Json } from '../core/strict-json';
import { Backlog } from './backlog';
import { Child, type ChildCommand, type ChildEnd } from './child';
import type { Clock } from './clock';
import type { Exchange } from './exchange';
import type { Limits } from './limits';
import type { Logger } from './log';
import { spliceValue } from './splice';

const SUBSCRIPTION_META = 'io.modelcontextprotocol/subscriptionId';
/** Notifications that belong to no request; they go to the GET stream. */
const UNRELATED = /^notifications\/(resources\/updated|(tools|prompts|resources|roots)\/list_changed|tasks\/status)$/;
/** HTTP statuses that 2026-07-28 wants for these errors (basic § Error Codes, streamable-http § Status Codes). */
const MODERN_STATUS: Readonly<Record<number, number>> = { [-32601]: 404, [-32020]: 400, [-32021]: 400, [-32022]: 400 };

/** A request that the child has been sent and has not answered. */
interface Pending {
  readonly exchange: Exchange;
  /** The id that the caller gave; callers may give the same id to two requests. */
  readonly id: RequestId;
  readonly progressToken?: Json;
  /** Sees the answer before it leaves: whether it is a JSON-RPC error. */
  readonly onAnswer?: (isError: boolean) => void;
  /** Nothing but the answer may go to this exchange. */
  readonly answerOnly: boolean;
}

export interface ConversationEvents {
  /** The child is gone, and every open request has been told so. */
  readonly onEnd: (end: ChildEnd) => void;
}

/** What is said with one child: which line answers which request, and where everything else goes. */
export class Conversation {
  readonly #child: Child;
  readonly #pending = new Map<number, Pending>();
  readonly #backlog: Backlog;
  #listener?: Exchange;
  #nextId = 1;
  #started = false;
  #waiting: string[] = [];
  #ended = false;
  lastUsed: number;

  constructor(
    command: ChildCommand,
    private readonly events: ConversationEvents,
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {
    this.lastUsed = clock.now();
    this.#backlog = new Backlog(limits.backlogMessages, limits.backlogBytes);
    this.#child = new Child(
      command,
      { onStarted: () => this.#start(), onLine: (line) => this.#hear(line), onEnd: (end) => this.#end(end) },
      clock,
      limits,
      log,
    );
  }

  get ended(): boolean {
    return this.#ended;
  }

  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /**
   * Sends a request under an id of our own and answers its exchange: with JSON when the answer comes first, else with an event stream.
   * @param onAnswer sees the answer before it leaves; given for `initialize`, whose exchange gets nothing but the answer
   */
  request(exchange: Exchange, onAnswer?: (isError: boolean) => void): void {
    const message = exchange.parse();
    if (message.kind !== 'request') throw new TypeError('only a request is answered');
    const ownId = this.#nextId++;
    const { progressToken } = message.meta;
    this.lastUsed = this.clock.now();
    this.#pending.set(ownId, { exchange, id: message.id, progressToken, onAnswer, answerOnly: onAnswer !== undefined });
    exchange.streamsWhenSilent = onAnswer === undefined;

    const text = this.#oneLine(exchange);
    let line = spliceValue(text, ['id'], ownId) ?? JSON.stringify({ ...JSON.parse(text), id: ownId });
    if (progressToken !== undefined) line = spliceValue(line, ['params', '_meta', 'progressToken'], ownId) ?? line;
    this.#send(line);
    if (message.era === 'modern') exchange.onClosed(() => this.#cancel(ownId, message.meta[MODERN_VERSION_META]));
  }

  /** Passes on a notification, or the answer to a request of the server. */
  tell(exchange: Exchange): void {
    this.lastUsed = this.clock.now();
    const message = exchange.parse();
    const text = this.#oneLine(exchange);
    const cancels = message.kind === 'notification' && message.method === 'notifications/cancelled' ? message.params.requestId : undefined;
    const cancelled = cancels === undefined ? undefined : [...this.#pending].findLast(([, { id }]) => id === cancels);
    if (cancelled !== undefined) this.#send(spliceValue(text, ['params', 'requestId'], cancelled[0]) ?? text);
    else if (cancels === undefined) this.#send(text);
  }

  /** Opens the stream for messages that belong to no request. A session has one; a newer replaces an older. */
  listen(exchange: Exchange): void {
    this.#listener?.end();
    this.#listener = exchange;
    exchange.beginStream();
    for (const message of this.#backlog.drain()) exchange.event(message, this.clock.now());
    exchange.onClosed(() => {
      if (this.#listener === exchange) this.#listener = undefined;
    });
  }

  stop(): void {
    this.#child.stop();
  }

  #start(): void {
    this.#started = true;
    for (const line of this.#waiting) this.#child.send(line);
    this.#waiting = [];
  }

  #send(line: string): void {
    if (this.#started) this.#child.send(line);
    else this.#waiting.push(line);
  }

  /** A body may hold line breaks between its tokens, a line may not. */
  #oneLine({ body }: Exchange): string {
    const text = body?.toString() ?? '';
    return /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, ' ') : text;
  }

  #hear(line: string): void {
    let message: Json;
    try {
      message = JSON.parse(line) as Json;
    } catch {
      this.log.warn({ length: line.length }, 'child_line_is_no_json');
      return;
    }
    if (!isObject(message)) return;
    // An event's data ends at a line break of any kind; within a string JSON escapes both.
    const text = line.includes('\r') ? line.replaceAll('\r', ' ') : line;
    if (message.method === undefined) this.#answer(text, message);
    else this.#relay(text, message);
  }

  #answer(text: string, message: { [member: string]: Json }): void {
    const pending = this.#pending.get(Number(message.id));
    if (pending === undefined) return;
    this.#pending.delete(Number(message.id));
    const { exchange, id, onAnswer } = pending;
    const isError = message.error !== undefined;
    onAnswer?.(isError);
    if (exchange.closed) return;
    const answer = withSubscription(spliceValue(text, ['id'], id) ?? JSON.stringify({ ...message, id }), message, 'result', id);
    if (!exchange.begun) {
      exchange.json(statusOf(exchange, message), answer);
      return;
    }
    exchange.event(answer, this.clock.now());
    exchange.end();
  }

  /** A notification or request of the server finds its way by what it names, else by what is open. */
  #relay(text: string, message: { [member: string]: Json }): void {
    const params = isObject(message.params) ? message.params : {};
    const meta = isObject(params._meta) ? params._meta : {};
    if (message.method === 'notifications/progress') {
      const pending = this.#open(params.progressToken);
      if (pending?.progressToken === undefined) return;
      this.#emit(pending.exchange, spliceValue(text, ['params', 'progressToken'], pending.progressToken) ?? text);
    } else if (meta[SUBSCRIPTION_META] !== undefined) {
      const pending = this.#open(meta[SUBSCRIPTION_META]);
      if (pending !== undefined) this.#emit(pending.exchange, withSubscription(text, message, 'params', pending.id));
    } else {
      const related = UNRELATED.test(String(message.method)) ? undefined : this.#latestOpen();
      const target = related ?? this.#listener;
      if (target === undefined) this.#keep(text);
      else this.#emit(target, text);
    }
  }

  #open(ownId: Json | undefined): Pending | undefined {
    const pending = this.#pending.get(Number(ownId));
    return pending?.exchange.closed ? undefined : pending;
  }

  #keep(text: string): void {
    const before = this.#backlog.dropped;
    this.#backlog.add(text);
    if (this.#backlog.dropped > before) this.log.warn({ dropped: this.#backlog.dropped }, 'backlog_full');
  }

  #emit(exchange: Exchange, text: string): void {
    if (exchange.waitingBytes > this.limits.backlogBytes) {
      this.log.warn({ waitingBytes: exchange.waitingBytes }, 'message_dropped');
      return;
    }
    if (!exchange.begun) exchange.beginStream();
    exchange.event(text, this.clock.now());
  }

  #latestOpen(): Exchange | undefined {
    return [...this.#pending.values()].findLast(({ exchange, answerOnly }) => !answerOnly && exchange.heard)?.exchange;
  }

  /** In the modern era the end of the stream is the caller's cancellation (MCP 2026-07-28, patterns/cancellation). */
  #cancel(ownId: number, revision: Json | undefined): void {
    if (this.#ended || !this.#pending.delete(ownId)) return;
    const params = { requestId: ownId, reason: 'the caller left', _meta: { [MODERN_VERSION_META]: revision } };
    this.#send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }));
  }

  #end(end: ChildEnd): void {
    this.#ended = true;
    for (const { exchange } of this.#pending.values()) {
      if (end.started) exchange.cut('the server process ended before its answer');
      else if (!exchange.closed) exchange.refuse('server_unavailable', `the server process could not be started (${end.error})`);
    }
    this.#pending.clear();
    this.#listener?.end();
    this.events.onEnd(end);
  }
}

/** `_meta` of what belongs to a subscription carries the id of its request, which we had replaced. */
function withSubscription(text: string, message: { [member: string]: Json }, member: 'params' | 'result', id: RequestId): string {
  const holder = message[member];
  const meta = isObject(holder) ? holder._meta : undefined;
  if (!isObject(meta) || meta[SUBSCRIPTION_META] === undefined) return text;
  return spliceValue(text, [member, '_meta', SUBSCRIPTION_META], id) ?? text;
}

function statusOf(exchange: Exchange, message: { [member: string]: Json }): number {
  const { message: asked } = exchange;
  const code = isObject(message.error) ? message.error.code : undefined;
  return asked?.kind === 'request' && asked.era === 'modern' && typeof code === 'number' ? (MODERN_STATUS[code] ?? 200) : 200;
}
