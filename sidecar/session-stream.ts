import { randomBytes } from 'node:crypto';
import { FleetError } from '../core/errors';
import type { Holding } from './budget';
import type { Clock } from './clock';
import { OWN_EVENT_ID } from './event-stream';
import type { Exchange } from './exchange';
import type { Limits } from './limits';
import { type Listener, Listeners, type Written } from './listeners';
import type { Logger } from './log';

/** From where the messages come, where it can be held up and ended. */
export interface StreamSource {
  /** Goes on with what it holds back. */
  resume(): void;
  end(why: string): void;
}

interface Message {
  readonly text: string;
  readonly bytes: number;
  /** By which its server finds it again; it keeps what has one. */
  readonly serverId?: string;
  /** Absent while it waits. */
  written?: Written;
}

/** Streams of one session that stand at a time; gateways have the same bound, each for itself. */
const LISTENERS_LIMIT = 32;

/**
 * What a server says in a session apart from any request, on its way to a GET stream of the session's agent. It may have several, and each
 * message goes to one of them only (MCP 2025-11-25, Streamable HTTP § Multiple Connections): to the one that came last. When that leaves,
 * an older one hears what follows. While there is none, and where one was cut, what is said is held: an event has an id of
 * the sidecar's own where its server gives none, and whoever comes back with it, by whatever gateway, goes on behind it, with what was
 * written on that stream and on no other. Who comes without gets what was written to nobody. Bounded; what is beyond it is lost, and told.
 */
export class SessionStream {
  readonly #name = randomBytes(6).toString('base64url');
  /** What was written to a listener comes first, what waits behind it; each in the order in which it was said. */
  #messages: Message[] = [];
  #written = 0;
  #bytes = 0;
  readonly #listeners = new Listeners();
  /** Milliseconds since the epoch. */
  #leftAt: number;
  #source?: StreamSource;
  #serverKeeps = false;
  /** Who reads too slowly for what waits. */
  #slow?: Listener;

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
    this.#listeners.endAll();
  }

  /** @param text of one message, or none where it only has an id @param serverId of the event, where its server has given one */
  tell(text: string, serverId?: string): void {
    const bytes = Buffer.byteLength(text);
    const message: Message = { text, bytes, ...(serverId !== undefined && { serverId }) };
    if (serverId !== undefined) this.#serverKeeps = true;
    if (this.#hold(message)) this.#deliver();
    else this.#pass(message);
    this.#trim();
  }

  /** @param after id of the event behind which it goes on */
  listen(exchange: Exchange, after?: string): void {
    if (this.#listeners.count >= LISTENERS_LIMIT) {
      const reason = `${LISTENERS_LIMIT} streams of this session are open`;
      // As SDK servers say it: their clients do not come again.
      exchange.refuseWith(new FleetError('AT_CAPACITY', { reason, status: 409 }));
      return;
    }
    const back = after === undefined ? undefined : this.#readId(after);
    const listener = this.#listeners.add(exchange, back?.stream);
    exchange.beginStream();
    exchange.endAtAge(this.limits.streamAge, this.clock.now());
    exchange.onClosed(() => this.#left(listener));
    // Primed with an id, so that a stream which is cut before its first message can be gone on with (MCP 2025-11-25, Streamable HTTP).
    exchange.event('', this.clock.now(), this.#ownId(back ?? { stream: listener.stream, number: 0 }));
    if (back !== undefined) this.#repeat(back, exchange);
    this.#deliver();
  }

  /** Lets go of what nobody has come back for. */
  expire(): void {
    if (this.#listeners.count > 0 || this.clock.now() < this.#leftAt + this.limits.streamHold) return;
    this.#forget(this.#written);
    if (this.#source === undefined) return;
    this.log.info({ waiting: this.#messages.length }, 'stream_let_go');
    this.#endSource('nobody has come back to listen');
  }

  /** The session is over. */
  close(): void {
    this.#listeners.endAll();
    this.#endSource('the session has ended');
    this.tellLost(this.#messages.length - this.#written, 'the session ended');
    this.#forget(this.#messages.length);
  }

  /** Says how many messages will reach nobody. */
  tellLost(count: number, because: string): void {
    if (count > 0) this.log.warn({ count, because }, 'stream_messages_lost');
  }

  #left(listener: Listener): void {
    this.#listeners.remove(listener);
    if (this.#listeners.count > 0) {
      this.#deliver();
      return;
    }
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
    const listener = this.#listeners.current;
    if (listener === undefined) this.tellLost(1, 'there was no room');
    else this.#write(message, listener);
  }

  /** @param ahead bytes that may wait for a listener that reads slowly */
  #deliver(ahead: number = this.limits.backlogBytes): void {
    while (this.#written < this.#messages.length) {
      const listener = this.#listeners.current;
      if (listener === undefined) return;
      if (listener.exchange.waitingBytes > ahead) {
        this.#waitForDrain(listener);
        return;
      }
      this.#write(this.#messages[this.#written++] as Message, listener);
    }
    if (!this.isFull) this.#source?.resume();
  }

  #write(message: Message, listener: Listener): void {
    message.written = this.#listeners.write(listener);
    listener.exchange.event(message.text, this.clock.now(), message.serverId ?? this.#ownId(message.written));
  }

  #waitForDrain(listener: Listener): void {
    if (this.#slow === listener) return;
    this.#slow = listener;
    listener.exchange.onDrain(() => {
      if (this.#slow !== listener) return;
      this.#slow = undefined;
      this.#deliver();
    });
  }

  #ownId({ stream, number }: Written): string {
    return `${OWN_EVENT_ID}${this.#name}.${stream}.${number}`;
  }

  /** Undefined where it is of no stream that is known: its listener hears what comes. */
  #readId(id: string): Written | undefined {
    const [name, stream, number] = id.slice(OWN_EVENT_ID.length).split('.');
    if (name === this.#name && this.#listeners.knows(Number(stream))) return { stream: Number(stream), number: Number(number) };
    this.log.info({}, 'stream_of_another_session');
    return undefined;
  }

  /** What was written on a stream behind some message has not arrived. */
  #repeat({ stream, number }: Written, exchange: Exchange): void {
    const behind = this.#messages.filter(({ written }) => written?.stream === stream && written.number > number);
    const held = behind[0]?.written?.number ?? this.#listeners.lastOn(stream) + 1;
    this.tellLost(held - number - 1, 'it was held no longer');
    for (const { text, serverId, written } of behind) exchange.event(text, this.clock.now(), serverId ?? this.#ownId(written as Written));
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
