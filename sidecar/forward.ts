import type { Dispatcher } from 'undici';
import { SESSION_HEADER } from '../core/headers';
import type { Holding } from './budget';
import type { Cancel, Clock } from './clock';
import { isEventStream, LeadingMark } from './event-stream';
import { type Exchange, TOO_LATE } from './exchange';
import { responseHeaders, withoutHeader } from './passed-headers';
import type { ResponseReader } from './response-reader';

/** What is done with an answer once its head is known. */
export type Verdict =
  /** Passed on as it comes. */
  | 'pass'
  /** Its first bytes say whether it means that the session is unknown. */
  | 'inspect'
  /** Not passed on; `onHead` has answered, or will. */
  | 'drop'
  /** Not passed on; this reads it and answers. */
  | BodyReader;

/** Takes the body of an answer. */
export interface BodyReader {
  push(chunk: Buffer): void;
  end(): void;
}

/** How one request is forwarded. */
export interface ForwardRules {
  /** Sees status and headers before anything is passed on. */
  readonly onHead: (status: number, headers: readonly string[]) => Verdict;
  /** Runs when the head of an answer that passes was handed over. */
  readonly onBegun?: () => void;
  /** Sees the start of an answer that was to be inspected, and whether that is all; true when it is answered otherwise. */
  readonly onInspected?: (start: string, whole: boolean) => boolean;
  /** Reads an event stream for the response that ends it; absent where the request gets none. */
  readonly reader?: () => ResponseReader;
  /** Whether the server goes on although the gateway left. */
  readonly outlivesGateway?: boolean;
  readonly inspectedBytes: number;
  /** Room for what is inspected. */
  readonly holding: Holding;
  /** How long the server may leave its stream open behind the response, in milliseconds. */
  readonly afterResponse: number;
  /** Sees that the server broke off. */
  readonly onLost: (delivered: boolean, error: Error) => void;
  /** Sees the end of the request at the server, whole or broken; called once. */
  readonly onDone?: () => void;
}

type Controller = Dispatcher.DispatchController;

/**
 * Streams one request's answer from the server to the gateway, chunk by chunk and in step with its reader.
 * Never sends anything again.
 */
export class Forwarding implements Dispatcher.DispatchHandler {
  #controller?: Controller;
  #verdict?: Verdict;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #beginHeld = () => {};
  /** Present while an event stream passes. */
  #mark?: LeadingMark;
  #reader?: ResponseReader;
  /** Present once nobody wants more of what the server has not ended. */
  #cancelAbort?: Cancel;
  #over = false;
  /** Why it was aborted, perhaps before it had a connection. */
  #aborted?: Error;

  constructor(
    private readonly exchange: Exchange,
    private readonly rules: ForwardRules,
    private readonly clock: Clock,
  ) {
    exchange.onClosed(() => {
      if (this.#cancelAbort !== undefined) return;
      if (!rules.outlivesGateway) this.abort('the gateway left');
      else if (this.#verdict !== undefined) this.#leave();
    });
  }

  abort(why: string): void {
    this.#aborted ??= new Error(why);
    this.#controller?.abort(this.#aborted);
  }

  /** Called when the request is about to be written on an open connection. */
  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#aborted !== undefined) controller.abort(this.#aborted);
    else if (this.exchange.closed && !this.rules.outlivesGateway) this.abort('the gateway left');
    // The last moment before the first byte: the call may have waited for a connection, or this process may have been stopped.
    if (this.exchange.tooLate(this.clock.now())) {
      this.#controller = undefined;
      controller.abort(new Error(TOO_LATE));
    }
  }

  onResponseStart(controller: Controller, status: number): void {
    if (status < 200) return;
    const headers = responseHeaders((controller.rawHeaders ?? []) as readonly (Buffer | string)[]);
    this.#verdict = this.rules.onHead(status, headers);
    if (this.exchange.closed || this.#verdict === 'drop') {
      this.#leave();
      return;
    }
    if (this.#verdict === 'pass') this.#begin(status, headers);
    if (this.#verdict === 'inspect') this.#beginHeld = () => this.#begin(status, headers);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
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
    const ready = this.#pass(this.#mark?.strip(chunk) ?? chunk);
    if (ready || this.exchange.closed) return;
    controller.pause();
    this.exchange.onDrain(() => controller.resume());
  }

  onResponseEnd(): void {
    if (!this.exchange.closed) this.#end();
    this.#finish();
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#finish();
    if (this.exchange.closed || this.#verdict === 'drop') return;
    // Undici calls onRequestStart only with a connection in hand: without it, no byte can have left.
    const delivered = this.#controller !== undefined;
    this.rules.onLost(delivered, error);
    if (this.exchange.begun) this.exchange.destroy();
    else if (!delivered && this.exchange.tooLate(this.clock.now())) this.exchange.refuse('too_late', TOO_LATE);
    else if (delivered) this.exchange.refuse('server_lost', 'the server ended the connection before its answer');
    else this.exchange.refuse('server_unavailable', 'the server takes no connection');
  }

  /** A session's id is told by who knows under which it is known outside. A stream may end, and be written into, where its server did not think. */
  #begin(status: number, given: readonly string[]): void {
    const streams = isEventStream(given);
    const headers = withoutHeader(given, SESSION_HEADER);
    this.exchange.begin(status, streams ? withoutHeader(headers, 'content-length') : headers);
    if (streams) {
      this.#mark = new LeadingMark();
      if (this.exchange.answered === undefined) {
        this.#reader = this.rules.reader?.();
        this.#reader?.begin(status, headers);
      }
    }
    this.rules.onBegun?.();
  }

  /** @returns false when the gateway reads more slowly than the server writes */
  #pass(chunk: Buffer): boolean {
    if (chunk.length === 0) return true;
    const ready = this.exchange.write(chunk, this.clock.now());
    this.#reader?.push(chunk);
    if (this.#mark === undefined || !(this.#reader?.passed || this.exchange.answered)) return ready;
    // The response ends the exchange (MCP 2025-11-25, Streamable HTTP § Sending Messages); the connection serves others if the server ends it, too.
    this.exchange.end();
    this.#leave();
    return ready;
  }

  /** Nobody wants more of it: the server may end it, or it is ended there. */
  #leave(): void {
    if (this.#over) return;
    this.#cancelAbort ??= this.clock.after(this.rules.afterResponse, () => this.abort('it stayed open, and nobody wants more of it'));
  }

  #hold(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    this.rules.holding.add(chunk.length);
    if (this.#heldBytes > this.rules.inspectedBytes) this.#inspect(false);
  }

  #inspect(whole: boolean): void {
    const start = Buffer.concat(this.#held);
    this.#held = [];
    this.rules.holding.release();
    if (this.rules.onInspected?.(start.toString(), whole)) {
      this.#verdict = 'drop';
      this.#leave();
      return;
    }
    this.#verdict = 'pass';
    this.#beginHeld();
    this.#pass(start);
  }

  #end(): void {
    if (this.#verdict === 'inspect') this.#inspect(true);
    const verdict = this.#verdict as Exclude<Verdict, 'inspect'> | undefined;
    if (verdict === undefined || verdict === 'drop') return;
    if (verdict !== 'pass') {
      verdict.end();
      return;
    }
    if (this.#mark !== undefined) this.#pass(this.#mark.rest());
    if (!this.exchange.closed) this.exchange.end();
  }

  #finish(): void {
    this.#over = true;
    this.#cancelAbort?.();
    this.rules.holding.release();
    this.#reader?.end();
    this.rules.onDone?.();
  }
}
