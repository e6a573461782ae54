import { EventBoundary } from '../core/reading/event-boundary';
import { type GuardedAnswer, SecretTold } from '../core/secrets/guarded-answer';
import type { LeakGuard } from '../core/secrets/leak-guard';
import { isEventStream } from './event-stream';
import type { Exchange } from './exchange';
import type { Logger } from './log';
import type { Outlet } from './outlet';

export interface GuardEvents {
  /** A secret was masked, or told in pieces; once for an answer. */
  readonly onLeak: (secret: string, how: 'masked' | 'told') => void;
  /** Nothing has left yet, or the stream stands between two events: it is to be ended. */
  readonly onTold: (secret: string) => void;
}

/** The way of an answer past the guard: status line, headers and body without what only its server holds. */
class GuardedOutlet implements Outlet {
  #answer?: GuardedAnswer;
  /** Status and headers of an answer that is no stream, until something of its body may pass. */
  #head?: Parameters<Outlet['writeHead']>;
  readonly #boundary = new EventBoundary();
  /** What follows is the sidecar's own word. */
  #told = false;
  #leaked = false;

  constructor(
    private readonly outlet: Outlet,
    private readonly guard: LeakGuard,
    private readonly reader: string,
    private readonly events: GuardEvents,
  ) {}

  get destroyed(): boolean {
    return this.outlet.destroyed;
  }

  get writableEnded(): boolean {
    return this.outlet.writableEnded;
  }

  get writableFinished(): boolean {
    return this.outlet.writableFinished;
  }

  get writableLength(): number {
    return this.outlet.writableLength;
  }

  get answered(): boolean | undefined {
    return this.outlet.answered;
  }

  writeHead(status: number, flatHeaders: string[]): void {
    if (this.#told) return void this.outlet.writeHead(status, flatHeaders);
    const streams = isEventStream(flatHeaders);
    this.#answer = this.guard.answer(streams, (secret) => this.#leak(secret, 'masked'), this.reader);
    this.#head = [status, this.#guarded(flatHeaders)];
    if (streams) this.#sendHead();
  }

  flushHeaders(): void {
    this.#sendHead();
    this.outlet.flushHeaders();
  }

  write(chunk: Buffer | string): boolean {
    const passed = this.#pass(chunk);
    if (passed === undefined || passed.length === 0) return true;
    this.#sendHead();
    return this.outlet.write(passed);
  }

  end(chunk?: Buffer | string): void {
    if (chunk !== undefined) this.write(chunk);
    const rest = this.#told || this.outlet.writableEnded ? undefined : this.#judged(() => this.#answer?.rest());
    if (this.outlet.writableEnded || this.outlet.destroyed) return;
    this.#sendHead();
    this.outlet.end(rest);
  }

  takeBack(): boolean {
    const isHeld = this.#head !== undefined;
    this.#head = undefined;
    return isHeld;
  }

  #sendHead(): void {
    if (this.#head !== undefined) this.outlet.writeHead(...this.#head);
    this.#head = undefined;
  }

  destroy(): void {
    this.outlet.destroy();
  }

  on(event: 'close' | 'drain', run: () => void): void {
    this.outlet.on(event, run);
  }

  once(event: 'close' | 'drain', run: () => void): void {
    this.outlet.once(event, run);
  }

  disown(...[error]: Parameters<NonNullable<Outlet['disown']>>): void {
    this.outlet.disown?.(error);
  }

  /** Its length is known only once it has passed. */
  #guarded(headers: string[]): string[] {
    const lines = headers.flatMap((text, at) => {
      const isLength = at % 2 === 0 && text.toLowerCase() === 'content-length' && headers[at + 1] !== '0';
      return at % 2 === 1 || isLength ? [] : [`${text}: ${headers[at + 1]}`];
    });
    // No header holds a line break.
    const guarded = this.guard.mask(lines.join('\n'), (secret) => this.#leak(secret, 'masked')).split('\n');
    return guarded.flatMap((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]);
  }

  #pass(chunk: Buffer | string): Buffer | undefined {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    return this.#told ? bytes : this.#judged(() => this.#answer?.push(bytes));
  }

  /** @returns what may pass; undefined where the stream has been ended */
  #judged(judge: () => Buffer | undefined): Buffer | undefined {
    try {
      const passed = judge();
      if (passed !== undefined) this.#boundary.pass(passed);
      return passed;
    } catch (error) {
      if (!(error instanceof SecretTold)) throw error;
      this.#told = true;
      this.#leak(error.secret, 'told');
      if (this.#boundary.reached || this.#head !== undefined) this.events.onTold(error.secret);
      else this.outlet.destroy();
      return undefined;
    }
  }

  #leak(secret: string, how: 'masked' | 'told'): void {
    if (this.#leaked) return;
    this.#leaked = true;
    this.events.onLeak(secret, how);
  }
}

/**
 * Lets the answer leave without what only its server holds. Before anybody waits for its end, and behind whoever keeps it.
 * @param onLeak counts
 */
export function guardAnswer(exchange: Exchange, guard: LeakGuard, onLeak: () => void, log: Logger): void {
  const { agent, callId } = exchange.context;
  exchange.answerThrough(
    (outlet) =>
      new GuardedOutlet(outlet, guard, agent, {
        onLeak: (secret, how) => {
          log.error({ agent, callId, secret, how }, 'secret_leak_blocked');
          onLeak();
        },
        onTold: (secret) => exchange.cut(`it told ${secret}, a secret of the server, in pieces`, 'secret_told'),
      }),
  );
}
