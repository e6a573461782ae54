import { randomBytes } from 'node:crypto';
import type { Holding } from './budget';
import type { Clock } from './clock';
import { OWN_EVENT_ID } from './event-stream';
import type { Exchange } from './exchange';
import type { Limits } from './limits';
import type { Logger } from './log';

/** From where the messages come, where it can be held up and ended. */
export interface StreamSource {
  /** Goes on with what it holds back. */
  resume(): void;
  end(why: string): void;
}

interface Message {
  readonly number: number;
  readonly text: string;
  readonly bytes: number;
  /** By which its server finds it again; it keeps what has one. */
  readonly serverId?: string;
}

/**
 * What a server says in a session apart from any request, on its way to the GET stream of the session's agent. A session has one such
 * stream at a time, and a newer replaces an older. Between two of them, and where one was cut, what is said is held: an event has an id of
 * the sidecar's own where its server gives none, and whoever comes back with it, by whatever gateway, goes on behind it. Who comes
 * without gets what was written to nobody. Bounded; what is beyond it is lost, and told.
 */
export class SessionStream {
  readonly #name = randomBytes(6).toString('base64url');
  /** What was written to a listener comes first, what waits behind it; each in the order in which it was said. */
  #messages: Message[] = [];
  #written = 0;
  #bytes = 0;
  #last = 0;
  #listener?: Exchange;
  /** Milliseconds since the epoch. */
  #leftAt: number;
  #source?: StreamSource;
  #serverKeeps = false;
  #waitsForDrain = false;

  constructor(
    private readonly holding: Holding,
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {
    this.#leftAt = clock.now();
  }

  /** Whether its server says something now, or may. */
  get stands(): boolean {
    return this.#source !== undefined;
  }

  /** Whether so much waits that the source should not go on. */
  get isFull(): boolean {
    const waiting = this.#messages.length - this.#written;
    return waiting > this.limits.backlogMessages / 2 || (waiting > 0 && this.#bytes > this.limits.backlogBytes / 2);
  }

  /** Begins to be fed; what fed it before ends. */
  feedFrom(source: StreamSource): void {
    this.#source?.end('another stream of the session has taken its place');
    this.#source = source;
  }

  /** Its source has ended. Whoever listens hears so, and opens another. */
  sourceEnded(source: StreamSource): void {
    if (this.#source !== source) return;
    this.#source = undefined;
    this.#deliver(Number.POSITIVE_INFINITY);
    this.#listener?.end();
  }

  /** @param text of one message, or none where it only has an id @param serverId of the event, where its server has given one */
  tell(text: string, serverId?: string): void {
    const bytes = Buffer.byteLength(text);
    const message: Message = { number: ++this.#last, text, bytes, ...(serverId !== undefined && { serverId }) };
    if (serverId !== undefined) this.#serverKeeps = true;
    if (this.#hold(message)) this.#deliver();
    else this.#pass(message);
    this.#trim();
  }

  /** @param after id of the event behind which it goes on */
  listen(exchange: Exchange, after?: string): void {
    this.#listener?.end();
    this.#listener = exchange;
    exchange.beginStream();
    exchange.endAtAge(this.limits.streamAge, this.clock.now());
    if (after !== undefined) this.#goBackTo(after);
    this.#waitsForDrain = false;
    exchange.onClosed(() => this.#left(exchange));
    // Primed with an id, so that a stream which is cut before its first message can be gone on with (MCP 2025-11-25, Streamable HTTP).
    exchange.event('', this.clock.now(), this.#ownId((this.#messages[this.#written]?.number ?? this.#last + 1) - 1));
    this.#deliver();
  }

  /** Lets go of what nobody has come back for. */
  expire(): void {
    if (this.#listener !== undefined || this.clock.now() < this.#leftAt + this.limits.streamHold) return;
    this.#forget(this.#written);
    if (this.#source === undefined) return;
    this.log.info({ waiting: this.#messages.length }, 'stream_let_go');
    this.#endSource('nobody has come back to listen');
  }

  /** The session is over. */
  close(): void {
    this.#listener?.end();
    this.#endSource('the session has ended');
    this.tellLost(this.#messages.length - this.#written, 'the session ended');
    this.#forget(this.#messages.length);
  }

  /** Says how many messages will reach nobody. */
  tellLost(count: number, because: string): void {
    if (count > 0) this.log.warn({ count, because }, 'stream_messages_lost');
  }

  get #isHeard(): boolean {
    return this.#listener?.closed === false;
  }

  #left(exchange: Exchange): void {
    if (this.#listener !== exchange) return;
    this.#listener = undefined;
    this.#leftAt = this.clock.now();
    if (!this.#serverKeeps) return;
    // Its server has kept what was said, and says it to whoever comes back with its id.
    this.#endSource('its listener left');
    this.#forget(this.#messages.length);
  }

  #endSource(why: string): void {
    const source = this.#source;
    this.#source = undefined;
    source?.end(why);
  }

  /** @returns whether there is room for it */
  #hold(message: Message): boolean {
    while (!this.holding.grow(message.bytes)) {
      if (this.#messages.length === 0) return false;
      this.#giveWay('there was no room');
    }
    this.#messages.push(message);
    this.#bytes += message.bytes;
    return true;
  }

  /** What cannot be held is said to whoever listens now, or to nobody. */
  #pass(message: Message): void {
    if (this.#isHeard) this.#listener?.event(message.text, this.clock.now(), this.#idOf(message));
    else this.tellLost(1, 'there was no room');
  }

  /** @param ahead bytes that may wait for a listener that reads slowly */
  #deliver(ahead: number = this.limits.backlogBytes): void {
    const listener = this.#listener;
    while (listener?.closed === false && this.#written < this.#messages.length) {
      if (listener.waitingBytes > ahead) {
        this.#waitForDrain(listener);
        return;
      }
      const message = this.#messages[this.#written++] as Message;
      listener.event(message.text, this.clock.now(), this.#idOf(message));
    }
    if (!this.isFull) this.#source?.resume();
  }

  #waitForDrain(listener: Exchange): void {
    if (this.#waitsForDrain) return;
    this.#waitsForDrain = true;
    listener.onDrain(() => {
      if (listener !== this.#listener) return;
      this.#waitsForDrain = false;
      this.#deliver();
    });
  }

  #idOf({ number, serverId }: Message): string {
    return serverId ?? this.#ownId(number);
  }

  #ownId(number: number): string {
    return `${OWN_EVENT_ID}${this.#name}.${number}`;
  }

  /** What was written behind that event has not arrived. */
  #goBackTo(id: string): void {
    const [name, number] = id.slice(OWN_EVENT_ID.length).split('.');
    if (name !== this.#name) {
      this.log.info({ last: this.#last }, 'stream_of_another_session');
      return;
    }
    const next = Number(number) + 1;
    const first = this.#messages[0]?.number ?? this.#last + 1;
    this.tellLost(first - next, 'it was held no longer');
    const at = this.#messages.findIndex((message) => message.number >= next);
    this.#written = at < 0 ? this.#messages.length : Math.min(at, this.#written);
  }

  /** Keeps within the bounds, which are narrower for what was written already. */
  #trim(): void {
    const { backlogMessages, backlogBytes, replayMessages, replayBytes } = this.limits;
    while (this.#written > 0 && (this.#serverKeeps || this.#written > replayMessages || this.#bytes > replayBytes)) this.#forget(1);
    while (this.#messages.length - this.#written > backlogMessages || this.#bytes > backlogBytes) this.#giveWay('too much waited');
  }

  #giveWay(because: string): void {
    if (this.#written === 0) this.tellLost(1, because);
    this.#forget(1);
  }

  #forget(count: number): void {
    for (const { bytes } of this.#messages.splice(0, count)) {
      this.#bytes -= bytes;
      this.holding.shrink(bytes);
    }
    this.#written = Math.max(this.#written - count, 0);
  }
}
