import type { Case } from '../generator/case';
import { REVISIONS, requestsOf, type WireRequest } from '../generator/request';
import { MARK_HEADER } from '../servers/journal';
import { Connection, type HttpAnswer, NO_ANSWER } from './connection';
import { type Leg, PATIENCE_MS, type Sent, type Stage } from './leg';
import { eventsOf, type Heard, isResponse, messagesOf } from './messages';

/** Plays a case byte by byte: opens a session where the era has them, sends the requests, looks after the connection, ends the session. */
export async function playRaw(subject: Case, stage: Stage): Promise<Leg> {
  const play = new Play(subject, stage);
  try {
    return await play.run();
  } finally {
    play.close();
  }
}

/** Characters of the client's title. */
const CLIENT_TITLES: Readonly<Record<string, number>> = { 'client-info-60k': 60_000, 'client-info-500k': 500_000 };

class Play {
  private connection: Connection | undefined;
  private listening: Connection | undefined;
  private readonly troubles: string[] = [];
  private session: string | undefined;

  constructor(
    private readonly subject: Case,
    private readonly stage: Stage,
  ) {}

  close(): void {
    this.connection?.close();
    this.listening?.close();
  }

  async run(): Promise<Leg> {
    const { era, order, message } = this.subject.values;
    if (era !== 'modern') {
      await this.openSession();
      if (this.subject.values.opening === 'client-info-500k' && !this.direct) return this.unopened();
      if (order === 'on-get' || (message === 'call' && this.subject.index % 8 === 0)) await this.listen();
    }
    const sent: Sent[] = [];
    const { mark, path, token } = this.stage;
    const way = { mark, path, ...(token !== undefined && { token }), ...(this.session !== undefined && { session: this.session }) };
    this.stage.around?.begin();
    for (const request of requestsOf(this.subject, way)) sent.push(await this.send(request));
    this.stage.around?.end();
    await this.lookAfterConnection(sent.at(-1)?.answer);
    const heard = await this.endSession();
    return { sent, heard, session: this.session !== undefined, troubles: this.troubles };
  }

  private async openSession(): Promise<void> {
    const { era = 'legacy', opening } = this.subject.values;
    const title = 'x'.repeat(CLIENT_TITLES[opening ?? ''] ?? 0);
    const params = { protocolVersion: REVISIONS[era], capabilities: {}, clientInfo: { name: this.stage.mark, version: '1', title } };
    const answer = await this.ask('POST', { jsonrpc: '2.0', id: 'open', method: 'initialize', params });
    this.session = answer.headers.find(([name]) => name === 'mcp-session-id')?.[1];
    const [first] = messagesOf(answer);
    if (!this.direct && (first === undefined || !isResponse(first)))
      this.troubles.push(`the answer to initialize begins with ${JSON.stringify(first)}`);
    if (this.session === undefined && opening === 'client-info-500k') return;
    if (this.session === undefined) this.troubles.push(`initialize was answered ${answer.status} ${answer.body.toString().slice(0, 200)}`);
    else await this.ask('POST', { jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  /** What cannot be recorded is not opened. */
  private unopened(): Leg {
    if (this.session !== undefined) this.troubles.push('a session was opened whose client cannot be recorded');
    return { sent: [], heard: [], session: false, troubles: this.troubles };
  }

  /** Opens the session's GET stream on a connection of its own. */
  private async listen(): Promise<void> {
    this.listening = await Connection.open(this.stage.origin);
    await this.listening.write([this.plain('GET', undefined)]);
  }

  private async send(request: WireRequest): Promise<Sent> {
    const connection = await this.connected();
    await connection.write(request.pieces);
    if (request.ends) connection.finishWriting();
    if (this.subject.values.cancelled !== undefined) await this.cancel();
    if (this.subject.values.resumed !== undefined) return this.resume(request, connection);
    const answer = await connection.read({ patienceMs: request.ends ? 500 : PATIENCE_MS, enough: (body) => this.direct && answered(body) });
    if (answer.end === 'open') connection.close(); // what was left before its end cannot be followed by anything
    return { text: request.text, answer, messages: messagesOf(answer) };
  }

  /** Cancels the request beside it, several times: the first may come before it. */
  private async cancel(): Promise<void> {
    const connection = await Connection.open(this.stage.origin);
    for (let times = 0; times < 5; times++) {
      await connection.write([this.plain('POST', { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } })]);
      await connection.read({ patienceMs: PATIENCE_MS });
    }
    connection.close();
  }

  /** Leaves a stream behind its first event, and goes on with it on another. */
  private async resume(request: WireRequest, connection: Connection): Promise<Sent> {
    const begun = await connection.read({ patienceMs: PATIENCE_MS, enough: (body) => firstEventId(body) !== undefined });
    const id = firstEventId(begun.body);
    if (begun.end === 'whole' || id === undefined) return { text: request.text, answer: begun, messages: messagesOf(begun) };
    connection.close();
    const answer = await this.ask('GET', undefined, id);
    return { text: request.text, answer, messages: messagesOf(answer) };
  }

  /** A connection whose answer was whole serves again, and holds nothing that belongs to nobody. */
  private async lookAfterConnection(last: HttpAnswer | undefined): Promise<void> {
    const { connection } = this;
    // Behind a body that is not as long as it is said to be stands no request, and the connection is spoilt by right.
    if (['long', 'short'].includes(this.subject.values.framing ?? '')) connection?.close();
    if (this.direct || connection?.usable !== true || last?.end !== 'whole') return;
    if (last.headers.some(([name, value]) => name === 'connection' && value === 'close')) return;
    if (connection.left.length > 0) this.troubles.push(`behind the answer came ${connection.left.toString().slice(0, 100)}`);
    await connection.write([Buffer.from('GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')]);
    const answer = await connection.read({ patienceMs: PATIENCE_MS });
    if (answer.status === 200 || (answer.end === 'none' && !connection.usable)) return;
    this.troubles.push(`the connection did not serve again: ${answer.status} ${answer.body.toString().slice(0, 100)}`);
  }

  private async endSession(): Promise<Heard[]> {
    const heard = await this.overheard();
    if (this.session === undefined) return heard;
    const answer = await this.ask('DELETE', undefined);
    if (!this.direct && answer.end !== 'whole') this.troubles.push('DELETE was not answered');
    return heard;
  }

  /** What has come on the GET stream. What the script sends there is sent before the answer of the request is over. */
  private async overheard(): Promise<Heard[]> {
    if (this.listening === undefined) return [];
    const answer = await this.listening.read({ patienceMs: 300, enough: answered });
    return eventsOf(answer.body).flatMap(({ data }) => messagesOf({ ...NO_ANSWER, body: Buffer.from(data) }));
  }

  private async ask(method: string, message: object | undefined, lastEventId?: string): Promise<HttpAnswer> {
    const connection = await this.connected();
    await connection.write([this.plain(method, message, lastEventId)]);
    return connection.read({ patienceMs: PATIENCE_MS, enough: (body) => this.direct && answered(body) });
  }

  private plain(method: string, message: object | undefined, lastEventId?: string): Buffer {
    const { path, mark, token } = this.stage;
    const body = message === undefined ? '' : JSON.stringify(message);
    const lines = [
      `${method} ${path} HTTP/1.1`,
      'host: 127.0.0.1',
      `accept: ${method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream'}`,
      `${MARK_HEADER}: ${mark}`,
      ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
      ...(lastEventId === undefined ? [] : [`last-event-id: ${lastEventId}`]),
      ...(this.session === undefined
        ? []
        : [`mcp-session-id: ${this.session}`, `mcp-protocol-version: ${REVISIONS[this.subject.values.era ?? 'legacy']}`]),
      ...(message === undefined ? [] : ['content-type: application/json', `content-length: ${Buffer.byteLength(body)}`]),
    ];
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  /** The connection of the case; another where the first is of no more use. */
  private async connected(): Promise<Connection> {
    if (this.connection?.usable !== true) {
      this.connection?.close();
      this.connection = await Connection.open(this.stage.origin);
    }
    return this.connection;
  }

  private get direct(): boolean {
    return this.stage.token === undefined;
  }
}

/** Id of the first event of a stream, which may be an empty one. */
function firstEventId(body: Buffer): string | undefined {
  return /^id: ?(.+)\n(?:.+\n)*\n/m.exec(body.toString())?.[1];
}

/** Whether a stream has brought a response. */
function answered(body: Buffer): boolean {
  return eventsOf(body).some(({ data }) => messagesOf({ ...NO_ANSWER, body: Buffer.from(data) }).some(isResponse));
}
