import { Pool } from 'undici';
import { pathOf, REVISION } from '../calls';

export interface Session {
  readonly id: string;
  /** As the server at the end knows it. */
  readonly name: string;
  readonly path: string;
}

const AT_ONCE = 16;

/** The sessions of one target. */
export class Sessions {
  readonly all: Session[] = [];
  private readonly pool: Pool;

  /** @param servers that they are spread over */
  constructor(
    origin: string,
    private readonly servers: number,
  ) {
    this.pool = new Pool(origin, { connections: AT_ONCE, pipelining: 1 });
  }

  /** Opens sessions until there are so many. @param headers by the number of the session, in turn */
  async open(count: number, headers: readonly Readonly<Record<string, string>>[]): Promise<void> {
    let next = this.all.length;
    const openers = Array.from({ length: AT_ONCE }, async () => {
      while (next < count) {
        const number = next++;
        this.all[number] = await this.openOne(number, headers[number % headers.length] ?? {});
      }
    });
    await Promise.all(openers);
  }

  /** Closes all but so many. */
  async close(count: number, headers: readonly Readonly<Record<string, string>>[]): Promise<void> {
    const gone = this.all.splice(count);
    await Promise.all(
      gone.map(async ({ id, path }, index) => {
        const own = { ...headers[(count + index) % headers.length], 'mcp-session-id': id, 'mcp-protocol-version': REVISION };
        const answer = await this.pool.request({ method: 'DELETE', path, headers: own });
        const text = await answer.body.text();
        if (answer.statusCode >= 300) throw new Error(`a session was not closed: ${answer.statusCode} ${text}`);
      }),
    );
  }

  private async openOne(number: number, headers: Readonly<Record<string, string>>): Promise<Session> {
    const [name, path] = [`s${String(number).padStart(6, '0')}`, pathOf(number % this.servers)];
    const params = { protocolVersion: REVISION, capabilities: {}, clientInfo: { name, version: '1' } };
    const opened = await this.post(path, { jsonrpc: '2.0', id: 1, method: 'initialize', params }, headers);
    const id = opened.headers['mcp-session-id'];
    if (opened.status !== 200 || typeof id !== 'string') throw new Error(`no session was opened: ${opened.status} ${opened.text}`);
    const own = { ...headers, 'mcp-session-id': id, 'mcp-protocol-version': REVISION };
    const { status, text } = await this.post(path, { jsonrpc: '2.0', method: 'notifications/initialized' }, own);
    if (status >= 300) throw new Error(`a session was not taken: ${status} ${text}`);
    return { id, name, path };
  }

  private async post(path: string, message: object, headers: Readonly<Record<string, string>>) {
    const accept = 'application/json, text/event-stream';
    const answer = await this.pool.request({
      method: 'POST',
      path,
      headers: { accept, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(message),
    });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  }
}
