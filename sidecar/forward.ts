import type { Dispatcher } from 'undici';
import type { Clock } from './clock';
import { type Exchange, TOO_LATE } from './exchange';
import { responseHeaders } from './passed-headers';

/** What is done with an answer once its head is known. */
export type Verdict =
  /** Passed on as it comes. */
  | 'pass'
  /** Its first bytes say whether it means that the session is unknown. */
  | 'inspect'
  /** Not passed on; `onHead` has answered. */
  | 'drop';

/** How one request is forwarded. */
export interface ForwardRules {
  /** Sees status and headers before anything is passed on. */
  readonly onHead: (status: number, headers: readonly string[]) => Verdict;
  /** Sees the start of an answer that was to be inspected; true when it was answered otherwise. */
  readonly onInspected?: (start: string) => boolean;
  /** Whether the server goes on although the gateway left. */
  readonly outlivesGateway?: boolean;
  readonly inspectedBytes: number;
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

  constructor(
    private readonly exchange: Exchange,
    private readonly rules: ForwardRules,
    private readonly clock: Clock,
  ) {
    exchange.onClosed(() => {
      if (!rules.outlivesGateway) this.abort('the gateway left');
    });
  }

  abort(why: string): void {
    this.#controller?.abort(new Error(why));
  }

  /** Called when the request is about to be written on an open connection. */
  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.exchange.closed && !this.rules.outlivesGateway) this.abort('the gateway left');
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
    if (this.exchange.closed) return;
    if (this.#verdict === 'pass') this.exchange.begin(status, headers);
    if (this.#verdict === 'inspect') this.#beginHeld = () => this.exchange.begin(status, headers);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#verdict === 'drop' || this.exchange.closed) return;
    if (this.#verdict === 'inspect') {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      if (this.#heldBytes > this.rules.inspectedBytes) this.#inspect();
      return;
    }
    if (this.exchange.write(chunk, this.clock.now())) return;
    controller.pause();
    this.exchange.onDrain(() => controller.resume());
  }

  onResponseEnd(): void {
    if (this.#verdict === 'inspect' && !this.exchange.closed) this.#inspect();
    if (this.#verdict === 'pass' && !this.exchange.closed) this.exchange.end();
    this.rules.onDone?.();
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.rules.onDone?.();
    if (this.exchange.closed || this.#verdict === 'drop') return;
    // Undici calls onRequestStart only with a connection in hand: without it, no byte can have left.
    const delivered = this.#controller !== undefined;
    this.rules.onLost(delivered, error);
    if (this.exchange.begun) this.exchange.destroy();
    else if (!delivered && this.exchange.tooLate(this.clock.now())) this.exchange.refuse('too_late', TOO_LATE);
    else if (delivered) this.exchange.refuse('server_lost', 'the server ended the connection before its answer');
    else this.exchange.refuse('server_unavailable', 'the server takes no connection');
  }

  #inspect(): void {
    const start = Buffer.concat(this.#held);
    if (this.rules.onInspected?.(start.toString())) {
      this.#verdict = 'drop';
      return;
    }
    this.#verdict = 'pass';
    this.#beginHeld();
    if (start.length > 0) this.exchange.write(start, this.clock.now());
    this.#held = [];
  }
}
