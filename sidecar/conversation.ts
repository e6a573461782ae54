import type { SidecarReason } from '../core/headers';
import { readMembers } from '../core/json-members';
import { MODERN_VERSION_META, type RequestId } from '../core/message';
import { readServerMessage, type ServerNotification, type ServerRequest, type ServerResponse } from '../core/reading/server-message';
import type { Json } from '../core/strict-json';
import { type BrokenAnswer, brokenAnswer } from './broken-answer';
import { type Budget, type Holding, NOBODY } from './budget';
import { Child, type ChildCommand, type ChildEnd } from './child';
import type { Clock } from './clock';
import type { Exchange } from './exchange';
import type { Limits } from './limits';
import type { Logger } from './log';
import { Opened } from './opened';
import { SessionStream } from './session-stream';
import { spliceValue } from './splice';

const SUBSCRIPTION_META = 'io.modelcontextprotocol/subscriptionId';
/** Notifications that belong to no request; they go to the GET stream. */
const UNRELATED = /^notifications\/(resources\/updated|(tools|prompts|resources|roots)\/list_changed|tasks\/status)$/;
/** HTTP statuses that 2026-07-28 wants for these errors (basic § Error Codes, streamable-http § Status Codes). */
const MODERN_STATUS: Readonly<Record<string, number>> = { '-32601': 404, '-32020': 400, '-32021': 400, '-32022': 400 };

const TOO_LONG = 'the server process answered with more than one line may hold';

/** A request that the child has been sent and has not answered. */
interface Pending {
  /** Under which the child knows it. */
  readonly ownId: number;
  readonly exchange: Exchange;
  /** The id that the caller gave; callers may give the same id to two requests. */
  readonly id: RequestId;
  readonly progressToken?: Json;
  /** Sees the answer before it leaves: whether it is a JSON-RPC error. */
  readonly onAnswer?: (isError: boolean) => void;
  /** It is `initialize`: nothing but the answer may go to its exchange, and nothing is executed by it. */
  readonly opening: boolean;
  /** Takes its exchange over where the child ends before it has answered. */
  readonly onNone?: () => void;
}

/** The child was asked whether it is there. */
interface Ping {
  readonly ownId: number;
  readonly onAnswer: () => void;
}

/** What is said with one child: which line answers which request, and where everything else goes. */
export class Conversation {
  readonly #child: Child;
  readonly #pending = new Opened<Pending>();
  /** For messages that belong to no request. */
  readonly #stream: SessionStream;
  #nextId = 1;
  #started = false;
  #waiting: string[] = [];
  readonly #waitingHeld: Holding;
  /** All that is held of it. */
  readonly #rooms: Holding[] = [];
  /** Present until it is answered. */
  #ping?: Ping;
  /** Beginning of the latest line that was too long. */
  #overlong = '';
  #ended = false;
  #agent = NOBODY;
  #onEnd = () => {};
  lastUsed: number;

  /** @param onGone nothing that the child has started runs any more */
  constructor(
    command: ChildCommand,
    onGone: () => void,
    private readonly budget: Budget,
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {
    this.lastUsed = clock.now();
    const room = () => {
      const holding = budget.open(NOBODY);
      this.#rooms.push(holding);
      return holding;
    };
    this.#waitingHeld = room();
    this.#stream = new SessionStream(room(), clock, limits, log);
    this.#child = new Child(
      command,
      {
        onStarted: () => this.#start(),
        onLine: (line) => this.#hear(line),
        onOverlong: (beginning) => this.#hearOverlong(beginning),
        onOverlongEnd: (ending) => this.#hearEndOfOverlong(ending),
        onEnd: (end) => this.#end(end),
        onGone,
      },
      { input: room(), output: room(), diagnostics: room() },
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

  /** Asks the child, which is nobody's yet, whether it is there (MCP 2025-11-25, lifecycle: a ping may come before initialize). */
  ping(onAnswer: () => void): void {
    this.#ping = { ownId: this.#nextId++, onAnswer };
    this.#send(JSON.stringify({ jsonrpc: '2.0', id: this.#ping.ownId, method: 'ping' }));
  }

  /**
   * Says whose it is from here on.
   * @param onEnd hears when the child is gone, and every open request has been told so
   */
  belongTo(agent: string, onEnd: () => void): void {
    this.#agent = agent;
    this.#onEnd = onEnd;
    this.lastUsed = this.clock.now();
    for (const room of this.#rooms) room.passTo(agent);
  }

  /**
   * Sends a request under an id of our own and answers its exchange: with JSON when the answer comes first, else with an event stream.
   * @param onAnswer sees the answer before it leaves; given for `initialize`, whose exchange gets nothing but the answer
   * @param onNone takes the exchange over where the child is given up before it has answered
   */
  request(exchange: Exchange, onAnswer?: (isError: boolean) => void, onNone?: () => void): void {
    const id = exchange.requestId();
    if (id === undefined) throw new TypeError('only a request is answered');
    if (this.#refusedForRoom(exchange)) return;
    const ownId = this.#nextId++;
    const { progressToken, [MODERN_VERSION_META]: revision } = exchange.meta();
    const opening = onAnswer !== undefined;
    this.lastUsed = this.clock.now();
    const pending = { ownId, exchange, id, progressToken, onAnswer, onNone, opening };
    this.#pending.add(pending);
    exchange.streamsWhenSilent = !opening;

    const text = this.#oneLine(exchange);
    let line = spliceValue(text, ['id'], ownId) ?? JSON.stringify({ ...JSON.parse(text), id: ownId });
    if (progressToken !== undefined) line = spliceValue(line, ['params', '_meta', 'progressToken'], ownId) ?? line;
    this.#send(line);
    if (revision !== undefined) exchange.onClosed(() => this.#cancel(pending, revision));
  }

  /** Passes on a notification, or the answer to a request of the server. */
  tell(exchange: Exchange): void {
    if (this.#refusedForRoom(exchange)) return;
    this.lastUsed = this.clock.now();
    const message = exchange.parse();
    const text = this.#oneLine(exchange);
    const cancels = message.kind === 'notification' && message.method === 'notifications/cancelled' ? message.params.requestId : undefined;
    const cancelled = cancels === undefined ? undefined : this.#pending.findLast(({ id }) => id === cancels);
    if (cancelled !== undefined) this.#send(spliceValue(text, ['params', 'requestId'], cancelled.ownId) ?? text);
    else if (cancels === undefined) this.#send(text);
    exchange.empty(202);
  }

  /** Opens the stream for messages that belong to no request. */
  listen(exchange: Exchange): void {
    this.#stream.listen(exchange, exchange.lastEventId);
  }

  /** Lets go of what nobody has come back for. */
  expire(): void {
    this.#stream.expire();
  }

  stop(): void {
    this.#child.stop();
  }

  /** Gives it up: what nothing was executed by is done elsewhere at once, the rest ends with the child. */
  giveUp(): void {
    this.#passOn();
    this.stop();
  }

  #passOn(): void {
    for (const pending of this.#pending) {
      if (pending.onNone === undefined) continue;
      this.#pending.delete(pending);
      if (!pending.exchange.closed) pending.onNone();
    }
  }

  #start(): void {
    this.#started = true;
    for (const line of this.#waiting) this.#child.send(line);
    this.#waiting = [];
    this.#waitingHeld.release();
  }

  #send(line: string): void {
    if (this.#started) {
      this.#child.send(line);
      return;
    }
    this.#waiting.push(line);
    this.#waitingHeld.add(Buffer.byteLength(line));
  }

  /** A child that does not read must not fill this process. */
  #refusedForRoom(exchange: Exchange): boolean {
    if (this.#child.inputWaiting <= this.limits.childInputBytes) return false;
    this.log.warn({ agent: this.#agent, waitingBytes: this.#child.inputWaiting }, 'child_does_not_read');
    exchange.refuse('at_capacity', 'the server process does not read what it is sent');
    return true;
  }

  /** A body may hold line breaks between its tokens, a line may not. */
  #oneLine({ body }: Exchange): string {
    const text = body?.toString() ?? '';
    return /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, ' ') : text;
  }

  #hear(line: string): void {
    const message = readServerMessage(line);
    // An event's data ends at a line break of any kind; within a string JSON escapes both.
    const text = line.includes('\r') ? line.replaceAll('\r', ' ') : line;
    if (message.kind === 'response') this.#answer(text, message);
    else if (message.kind === 'none') this.#hearNoMessage(line, message.because);
    else if (message.kind === 'request' && message.method === 'ping' && this.#isOpening()) this.#pong(line);
    else this.#relay(text, message);
  }

  #hearNoMessage(line: string, because: string): void {
    this.log.warn({ length: line.length, because }, 'child_line_is_no_message');
    this.#lose(brokenAnswer(line, line.slice(-200)), 'the server process answered with what is no JSON-RPC response');
  }

  #hearOverlong(beginning: string): void {
    this.log.warn({ pid: this.#child.pid }, 'child_line_too_long');
    this.#overlong = beginning;
    this.#lose(brokenAnswer(beginning, ''), TOO_LONG);
  }

  /** Its end may name the request that its beginning did not. */
  #hearEndOfOverlong(ending: string): void {
    const answer = brokenAnswer(this.#overlong, ending);
    if (answer?.id !== undefined) this.#lose(answer, TOO_LONG);
  }

  /** Ends the request whose answer cannot be read: it is the one that the answer names, or the only one that is open. */
  #lose(answer: BrokenAnswer | undefined, explanation: string): void {
    if (answer === undefined) return;
    const [only] = this.#pending.size === 1 ? this.#pending : [];
    const pending = answer.id === undefined ? only : this.#pendingOf(answer.id);
    this.log.warn({ agent: this.#agent, open: this.#pending.size, told: pending !== undefined }, 'child_answer_unreadable');
    if (pending === undefined) return;
    this.#pending.delete(pending);
    this.#cut(pending, explanation);
  }

  #cut({ exchange, opening }: Pending, explanation: string, atOpening: SidecarReason = 'server_unavailable'): void {
    if (!opening) exchange.cut(explanation);
    else if (!exchange.closed) exchange.refuse(atOpening, explanation);
  }

  #answer(text: string, { id: heardId, member, payload }: ServerResponse): void {
    if (this.#isPong(heardId)) return;
    const pending = heardId === null ? undefined : this.#pendingOf(JSON.stringify(heardId));
    if (pending === undefined) {
      // To a request that was cancelled, or to none at all.
      this.log.info({ agent: this.#agent }, 'child_response_dropped');
      return;
    }
    this.#pending.delete(pending);
    this.#child.vouch();
    const { exchange, id, onAnswer } = pending;
    onAnswer?.(member === 'error');
    if (exchange.closed) return;
    const named = spliceValue(text, ['id'], id) ?? text;
    const answer = member === 'result' ? withSubscription(named, 'result', id) : named;
    this.#holdUntilRead(exchange, answer);
    if (!exchange.begun) {
      exchange.json(statusOf(exchange, member, payload), answer);
      return;
    }
    exchange.event(answer, this.clock.now());
    exchange.end();
  }

  /** The gateway may read an answer slowly. */
  #holdUntilRead(exchange: Exchange, answer: string): void {
    const held: Holding = this.budget.open(this.#agent);
    held.add(Buffer.byteLength(answer));
    exchange.onClosed(() => held.release());
  }

  /** An error is an answer, too: whoever writes one runs. */
  #isPong(heardId: RequestId | null): boolean {
    if (this.#ping === undefined || ownIdOf(JSON.stringify(heardId)) !== this.#ping.ownId) return false;
    const { onAnswer } = this.#ping;
    this.#ping = undefined;
    this.#child.vouch();
    onAnswer();
    return true;
  }

  #isOpening(): boolean {
    return this.#agent === NOBODY || this.#pending.find(({ opening }) => opening) !== undefined;
  }

  /** Before the session stands nobody but us hears the server. */
  #pong(line: string): void {
    this.#send(`{"jsonrpc":"2.0","id":${readMembers(line).get('id')},"result":{}}`);
  }

  /** A notification or request of the server finds its way by what it names, else by what is open. */
  #relay(text: string, { method, params: given }: ServerRequest | ServerNotification): void {
    const params = readMembers(given);
    const subscription = readMembers(params.get('_meta')).get(SUBSCRIPTION_META);
    if (method === 'notifications/progress') {
      const pending = this.#open(params.get('progressToken'));
      if (pending?.progressToken === undefined) return;
      this.#emit(pending.exchange, spliceValue(text, ['params', 'progressToken'], pending.progressToken) ?? text);
    } else if (subscription !== undefined) {
      const pending = this.#open(subscription);
      if (pending !== undefined) this.#emit(pending.exchange, withSubscription(text, 'params', pending.id));
    } else {
      const related = UNRELATED.test(method) ? undefined : this.#latestOpen();
      if (related === undefined) this.#stream.tell(text);
      else this.#emit(related, text);
    }
  }

  /** @param text JSON of an id of our own */
  #open(text = ''): Pending | undefined {
    const pending = this.#pendingOf(text);
    return pending?.exchange.closed ? undefined : pending;
  }

  #pendingOf(text: string): Pending | undefined {
    const ownId = ownIdOf(text);
    return ownId === undefined ? undefined : this.#pending.find((pending) => pending.ownId === ownId);
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
    return this.#pending.findLast(({ exchange, opening }) => !opening && exchange.heard)?.exchange;
  }

  /** In the modern era the end of the stream is the caller's cancellation (MCP 2026-07-28, patterns/cancellation). */
  #cancel(pending: Pending, revision: Json): void {
    if (this.#ended || !this.#pending.delete(pending)) return;
    const params = { requestId: pending.ownId, reason: 'the caller left', _meta: { [MODERN_VERSION_META]: revision } };
    this.#send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }));
  }

  #end(end: ChildEnd): void {
    this.#ended = true;
    for (const pending of this.#pending) {
      this.#pending.delete(pending);
      // Whatever ends children with their first word is not to be tried on one after another: the gateway counts.
      if (end.started) this.#cut(pending, 'the server process ended before its answer', 'server_ended');
      else if (!pending.exchange.closed)
        pending.exchange.refuse('server_unavailable', `the server process could not be started (${end.error})`);
    }
    this.#waitingHeld.release();
    this.#stream.close();
    this.#onEnd();
  }
}

/** Our own id that a JSON text is: some servers keep ids as text. */
function ownIdOf(text: string): number | undefined {
  const digits = /^"?([1-9]\d{0,15})"?$/.exec(text)?.[1];
  return digits === undefined || (text !== digits && text !== `"${digits}"`) ? undefined : Number(digits);
}

/** `_meta` of what belongs to a subscription carries the id of its request, which we had replaced. */
function withSubscription(text: string, member: 'params' | 'result', id: RequestId): string {
  return spliceValue(text, [member, '_meta', SUBSCRIPTION_META], id) ?? text;
}

function statusOf(exchange: Exchange, member: 'result' | 'error', payload: string): number {
  if (member !== 'error' || exchange.meta()[MODERN_VERSION_META] === undefined) return 200;
  return MODERN_STATUS[readMembers(payload).get('code') ?? ''] ?? 200;
}
