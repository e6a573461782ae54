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
    const { era = 'legacy' } = this.subject.values;
    const params = { protocolVersion: REVISIONS[era], capabilities: {}, clientInfo: { name: this.stage.mark, version: '1' } };
    const answer = await this.ask('POST', { jsonrpc: '2.0', id: 'open', method: 'initialize', params });
    this.session = answer.headers.find(([name]) => name === 'mcp-session-id')?.[1];
    if (this.session === undefined) this.troubles.push(`initialize was answered ${answer.status} ${answer.body.toString().slice(0, 200)}`);
    else await this.ask('POST', { jsonrpc: '2.0', method: 'notifications/initialized' });
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
    const answer = await connection.read({ patienceMs: request.ends ? 500 : PATIENCE_MS, enough: (body) => this.direct && answered(body) });
    if (answer.end === 'open') connection.close(); // what was left before its end cannot be followed by anything
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

  private async ask(method: string, message: object | undefined): Promise<HttpAnswer> {
    const connection = await this.connected();
    await connection.write([this.plain(method, message)]);
    return connection.read({ patienceMs: PATIENCE_MS, enough: (body) => this.direct && answered(body) });
  }

  private plain(method: string, message: object | undefined): Buffer {
    const { path, mark, token } = this.stage;
    const body = message === undefined ? '' : JSON.stringify(message);
    const lines = [
      `${method} ${path} HTTP/1.1`,
      'host: 127.0.0.1',
      `accept: ${method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream'}`,
      `${MARK_HEADER}: ${mark}`,
      ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
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

/** Whether a stream has brought a response. */
function answered(body: Buffer): boolean {
  return eventsOf(body).some(({ data }) => messagesOf({ ...NO_ANSWER, body: Buffer.from(data) }).some(isResponse));
}
