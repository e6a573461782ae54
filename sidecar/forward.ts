import type { BodyReader } from './body-reader';
import type { Budget, Holding } from './budget';
import type { Cancel, Clock } from './clock';
import { isEventStream, JsonEvent, LeadingMark, type Passage } from './event-stream';
import { type Exchange, TOO_LATE } from './exchange';
import type { AnswerHandler, Flow } from './http1/answer-handler';
import { LateRefusal } from './late-refusal';
import type { Limits } from './limits';
import type { Logger } from './log';
import { responseHeaders } from './passed-headers';
import { isLimiters, isReadable } from './rate-limit';

/** What is done with an answer once its head is known. */
export type Verdict =
  /** Passed on as it comes. */
  | 'pass'
  /** Its first bytes say whether it means that the session is unknown. */
  | 'inspect'
  /** Not passed on; `onHead` has answered, or will. */
  | 'drop'
  /** Not passed on; this reads it and answers. */
  | BodyReader
  /** No part of this exchange any more: this takes it, whoever leaves. */
  | { readonly heir: AnswerHandler };

/** What is particular to one kind of request. */
export interface ForwardRules {
  /** Whether the server goes on although the gateway left. */
  readonly outlivesGateway?: boolean;
  /** Sees status and headers before anything is passed on. @param headers flat name–value pairs, as the server sent them */
  onHead(status: number, headers: readonly string[]): Verdict;
  /** Sees the start of an answer that was to be inspected; true when it is answered otherwise. */
  onInspected?(start: string): boolean;
  /** Sees the end of the request at the server, whole or broken; called once. */
  onDone?(): void;
}

/** What every request is forwarded with. */
export interface ForwardParts {
  readonly budget: Budget;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Logger;
}

/**
 * Streams one request's answer from the server to the gateway, chunk by chunk and in step with its reader. Reads of it only whether
 * it is a limiter's 429, and what the rules of its kind ask for. Never sends anything again.
 */
export class Forwarding implements AnswerHandler {
  /** Present once a connection was in hand for the request. */
  #flow?: Flow;
  #verdict?: Exclude<Verdict, { heir: AnswerHandler }>;
  /** Who has taken the answer over. */
  #heir?: AnswerHandler;
  /** What is held is a 429. */
  #limited = false;
  /** The head of an answer of which the first bytes are held. */
  #heldHead?: { readonly status: number; readonly headers: readonly string[] };
  #held: Buffer[] = [];
  #heldBytes = 0;
  #holding?: Holding;
  /** Present while what passes is an event stream. */
  #passage?: Passage;
  /** Present once nobody wants more of what the server has not ended. */
  #cancelAbort?: Cancel;
  #over = false;
  /** Why it was aborted, perhaps before it had a connection. */
  #aborted?: Error;

  constructor(
    private readonly exchange: Exchange,
    private readonly rules: ForwardRules,
    private readonly parts: ForwardParts,
  ) {
    exchange.onClosed(() => this.#gatewayLeft());
  }

  abort(why: string): void {
    if (this.#over) return;
    this.#aborted ??= new Error(why);
    this.#flow?.abort(this.#aborted);
  }

  onSending(flow: Flow): void {
    this.#flow = flow;
    if (this.#aborted !== undefined) flow.abort(this.#aborted);
    else if (this.exchange.closed && !this.rules.outlivesGateway) this.abort('the gateway left');
    // The last moment before the first byte: the call may have waited for a connection, or this process may have been stopped.
    if (this.exchange.tooLate(this.parts.clock.now())) {
      this.#flow = undefined;
      flow.abort(new Error(TOO_LATE));
    }
  }

  onHead(flow: Flow, status: number, headers: readonly string[]): void {
    this.#flow = flow;
    const verdict = this.#judge(status, headers);
    if (typeof verdict === 'object' && 'heir' in verdict) {
      this.#heir = verdict.heir;
      this.#over = true;
      this.#heir.onHead(flow, status, headers);
      return;
    }
    this.#verdict = verdict;
    if (this.exchange.closed || this.#verdict === 'drop') this.#leave();
    else if (this.#verdict === 'pass') this.#begin(status, headers);
    else if (this.#verdict === 'inspect') this.#heldHead = { status, headers };
  }

  onBytes(flow: Flow, chunk: Buffer): void {
    if (this.#heir !== undefined) {
      this.#heir.onBytes(flow, chunk);
      return;
    }
    if (this.#verdict === undefined || this.#verdict === 'drop' || this.exchange.closed) return;
    if (this.#verdict === 'inspect') {
      this.#hold(chunk);
      return;
    }
    if (this.#verdict !== 'pass') {
      this.#verdict.push(chunk);
      if (this.exchange.closed) this.#leave();
      return;
    }
    const ready = this.#pass(this.#passage?.pass(chunk) ?? chunk);
    if (ready || this.exchange.closed) return;
    flow.pause();
    this.exchange.onDrain(() => flow.resume());
  }

  onEnd(): void {
    if (this.#heir !== undefined) {
      this.#heir.onEnd();
      return;
    }
    if (!this.exchange.closed) this.#end();
    this.#finish();
  }

  onError(error: Error): void {
    if (this.#heir !== undefined) {
      this.#heir.onError(error);
      return;
    }
    // Without a connection in hand, no byte can have left.
    const delivered = this.#flow !== undefined;
    this.#finish();
    if (this.exchange.closed || this.#verdict === 'drop') return;
    const code = (error as NodeJS.ErrnoException).code ?? error.name;
    const { clock, log } = this.parts;
    log.warn({ agent: this.exchange.context.agent, delivered, code }, delivered ? 'server_lost' : 'server_unavailable');
    if (this.#verdict === 'pass') this.exchange.destroy();
    else if (!delivered && this.exchange.tooLate(clock.now())) this.exchange.refuse('too_late', TOO_LATE);
    else if (delivered) this.exchange.refuse('server_lost', 'the server ended the connection before its answer');
    else this.exchange.refuse('server_unavailable', 'the server takes no connection');
  }

  #gatewayLeft(): void {
    if (this.#over || this.#cancelAbort !== undefined) return;
    if (!this.rules.outlivesGateway) this.abort('the gateway left');
    else if (this.#verdict !== undefined) this.#leave();
  }

  #judge(status: number, headers: readonly string[]): Verdict {
    const isLate = this.exchange.begun;
    const verdict = this.rules.onHead(status, headers);
    if (isLate && status >= 400 && verdict !== 'drop') return this.#lateRefusal(status, headers);
    this.#limited = verdict === 'pass' && status === 429 && isReadable(headers);
    return this.#limited ? 'inspect' : verdict;
  }

  #lateRefusal(status: number, headers: readonly string[]): LateRefusal {
    const { budget, clock, limits } = this.parts;
    this.#holding = budget.open(this.exchange.context.agent);
    return new LateRefusal({ status, headers }, this.exchange, this.rules, limits.openingBytes, this.#holding, clock);
  }

  #begin(status: number, headers: readonly string[]): void {
    const streams = isEventStream(headers);
    // An answer that has begun while the server was silent is a stream, whatever the server gives.
    if (this.exchange.begun) this.#passage = streams ? new LeadingMark() : new JsonEvent();
    else this.exchange.begin(status, responseHeaders(headers, streams), streams);
    if (streams) this.#passage ??= new LeadingMark();
  }

  /** @returns false when the gateway reads more slowly than the server writes */
  #pass(chunk: Buffer): boolean {
    if (chunk.length === 0) return true;
    const ready = this.exchange.write(chunk, this.parts.clock.now());
    if (this.#passage === undefined || !this.exchange.answered) return ready;
    // The response ends the exchange (MCP 2025-11-25, Streamable HTTP § Sending Messages); the connection serves others if the server ends it, too.
    this.exchange.end();
    this.#leave();
    return ready;
  }

  /** Nobody wants more of it: the server may end it, or it is ended there. */
  #leave(): void {
    if (this.#over) return;
    const { clock, limits } = this.parts;
    this.#cancelAbort ??= clock.after(limits.afterResponse, () => this.abort('it stayed open, and nobody wants more of it'));
  }

  #hold(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    this.#holding ??= this.parts.budget.open(this.exchange.context.agent);
    this.#holding.add(chunk.length);
    if (this.#heldBytes > this.parts.limits.inspectedBytes) this.#inspect(false);
  }

  /** @param whole whether what is held is all of it */
  #inspect(whole: boolean): void {
    const start = Buffer.concat(this.#held);
    this.#held = [];
    this.#holding?.release();
    if (this.#limited && isLimiters(start.toString(), whole)) this.exchange.name('rate_limited');
    if (!this.#limited && this.rules.onInspected?.(start.toString())) {
      this.#verdict = 'drop';
      this.#leave();
      return;
    }
    this.#verdict = 'pass';
    if (this.#heldHead !== undefined) this.#begin(this.#heldHead.status, this.#heldHead.headers);
    this.#pass(start);
  }

  #end(): void {
    if (this.#verdict === 'inspect') this.#inspect(true);
    const verdict = this.#verdict as 'pass' | 'drop' | BodyReader | undefined;
    if (verdict === undefined || verdict === 'drop') return;
    if (verdict !== 'pass') {
      verdict.end();
      return;
    }
    if (this.#passage !== undefined) this.#pass(this.#passage.rest());
    if (!this.exchange.closed) this.exchange.end();
  }

  #finish(): void {
    this.#over = true;
    this.#flow = undefined;
    this.#cancelAbort?.();
    this.#holding?.release();
    this.rules.onDone?.();
  }
}
