import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

type Connect = buildConnector.connector;

/** When another takes the place of one that nobody has used, and how long that is still of use meanwhile, in milliseconds. */
export const FRESH_MS = 10_000;
/** Servers close what says nothing: Apache after 20 s (`RequestReadTimeout`), others after a minute. A request must not meet that. */
export const KEPT_MS = 15_000;

/** How soon another is tried after one that failed, in milliseconds: twice as long each time. */
const RETRY_MS = 500;
const RETRY_MOST_MS = 60_000;

export interface AheadParts {
  /** How many are ready. */
  readonly count: number;
  readonly origin: URL;
  readonly connect: Connect;
  /** A request had to wait for a connection. */
  readonly onCold: () => void;
  /** None can be opened ahead; told once until one can. */
  readonly onSetback: (reason: string) => void;
}

interface Ready {
  readonly socket: Socket;
  isFresh: boolean;
  /** Takes its hands off the socket. */
  readonly release: () => void;
}

/**
 * Connections to one origin that stand, TLS included, before a request needs them; nothing is said on them. The client asks for its
 * connections here. Only TLS is opened ahead, and no session: that would be of an agent, and with what is shown for it.
 */
export class ConnectionsAhead {
  /** The oldest first. */
  private ready: Ready[] = [];
  private opening = 0;
  private setbacks = 0;
  private pause: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(private readonly parts: AheadParts) {}

  /** How many could be taken now. */
  get size(): number {
    return this.ready.length;
  }

  /** Gives the youngest that is ready, or opens one; what was taken is opened again afterwards. */
  readonly connect: Connect = (options, callback) => {
    const socket = this.take();
    if (socket === undefined) {
      this.parts.onCold();
      this.parts.connect(options, callback);
    } else {
      // The client does not expect an answer before it has asked to the end.
      queueMicrotask(() => callback(null, socket));
    }
    setImmediate(() => this.refill());
  };

  /** Opens what is not there. */
  refill(): void {
    if (this.isClosed || this.pause !== undefined) return;
    const fresh = this.ready.filter(({ isFresh }) => isFresh).length;
    for (let missing = this.parts.count - fresh - this.opening; missing > 0; missing--) this.open();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.pause);
    for (const { socket, release } of this.ready.splice(0)) {
      release();
      socket.destroy();
    }
  }

  private take(): Socket | undefined {
    for (let ready = this.ready.pop(); ready !== undefined; ready = this.ready.pop()) {
      ready.release();
      // Its end may have come, and nobody have been told yet.
      if (ready.socket.readable && ready.socket.writable) return ready.socket;
      ready.socket.destroy();
    }
    return undefined;
  }

  private open(): void {
    const { hostname, host, protocol, port } = this.parts.origin;
    this.opening++;
    // As the client asks: an IPv6 address without its brackets.
    const options = { hostname: hostname.replace(/^\[|\]$/g, ''), host, protocol, port };
    this.parts.connect(options, (error, socket) => {
      this.opening--;
      if (error !== null) this.setBack((error as NodeJS.ErrnoException).code ?? error.name);
      else if (this.isClosed) socket.destroy();
      else this.keep(socket);
    });
  }

  private keep(socket: Socket): void {
    const drop = (): void => {
      ready.release();
      this.ready.splice(this.ready.indexOf(ready), 1);
      socket.destroy();
    };
    // A server that says or ends something unasked is of no use, and would be asked again at once for ever.
    const onUnasked = (): void => {
      if (socket.read() === null && socket.readable) return;
      drop();
      this.setBack('it ends connections on which nothing was said');
    };
    const onEnd = (): void => {
      drop();
      this.setBack('it ends connections on which nothing was said');
    };
    const ageing = setTimeout(() => {
      ready.isFresh = false;
      this.setbacks = 0;
      this.refill();
    }, FRESH_MS);
    const end = setTimeout(drop, KEPT_MS);
    for (const timer of [ageing, end]) timer.unref();
    const ready: Ready = {
      socket,
      isFresh: true,
      release: () => {
        clearTimeout(ageing);
        clearTimeout(end);
        socket.off('readable', onUnasked).off('end', onEnd).off('close', onEnd).off('error', onEnd);
      },
    };
    this.ready.push(ready);
    socket.on('readable', onUnasked).on('end', onEnd).on('close', onEnd).on('error', onEnd);
  }

  private setBack(reason: string): void {
    if (this.isClosed) return;
    if (this.setbacks === 0) this.parts.onSetback(reason);
    const wait = Math.min(RETRY_MS * 2 ** this.setbacks, RETRY_MOST_MS);
    this.setbacks++;
    clearTimeout(this.pause);
    this.pause = setTimeout(() => {
      this.pause = undefined;
      this.refill();
    }, wait);
    this.pause.unref();
  }
}
