import type { AnswerHandler } from './answer-handler';
import { type Address, ServerConnection } from './server-connection';
import { ServerRequest } from './server-request';

/** Connections to one server: as many as there are requests at a time, and kept for the next ones. */
export class Connections {
  readonly #all = new Set<ServerConnection>();
  /** The one used last comes first, so that the others can end. */
  readonly #idle: ServerConnection[] = [];
  readonly #events = {
    onIdle: (connection: ServerConnection) => {
      this.#idle.push(connection);
    },
    onGone: (connection: ServerConnection) => {
      this.#all.delete(connection);
      const at = this.#idle.indexOf(connection);
      if (at >= 0) this.#idle.splice(at, 1);
    },
  };

  constructor(
    private readonly address: Address,
    /** Value of `Host`. */
    private readonly host: string,
  ) {}

  /**
   * @param path with the query
   * @param fields flat name–value pairs, of what an HTTP peer may have sent as such; none that says where the body ends
   */
  send(method: string, path: string, fields: readonly string[], body: Buffer | undefined, handler: AnswerHandler): void {
    let head = `${method} ${path} HTTP/1.1\r\nhost: ${this.host}\r\n`;
    for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`;
    head += body === undefined ? '\r\n' : `content-length: ${body.length}\r\n\r\n`;
    this.#take().serve(new ServerRequest(head, body, handler));
  }

  /** Breaks every connection; who waits for an answer hears so. */
  close(): void {
    for (const connection of this.#all) connection.break(new Error('the sidecar has ended'));
  }

  #take(): ServerConnection {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.fresh) return connection;
      connection.break(new Error('it has been idle for too long'));
    }
    const opened = new ServerConnection(this.address, this.#events);
    this.#all.add(opened);
    return opened;
  }
}
