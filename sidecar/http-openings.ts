import { SESSION_HEADER } from '../core/headers';
import type { RequestId } from '../core/message';
import { Backlog } from './backlog';
import type { Budget } from './budget';
import type { Clock } from './clock';
import { isEventStream } from './event-stream';
import type { Exchange } from './exchange';
import type { BodyReader } from './forward';
import type { HttpForwarder } from './http-forwarder';
import { fieldValue } from './http1/head';
import type { Limits } from './limits';
import type { Logger } from './log';
import { OpeningAnswer } from './opening-answer';
import { OpeningStream } from './opening-stream';
import { responseHeaders } from './passed-headers';
import type { ServerLine } from './server-line';
import type { SessionIds } from './session-ids';
import type { Session, SessionEnd, Sessions } from './sessions';
import type { Slot } from './slots';

export interface OpeningParts {
  readonly server: ServerLine;
  readonly forwarder: HttpForwarder;
  readonly ids: SessionIds;
  readonly sessions: Sessions;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: Limits;
  /** Told of every session that was opened. */
  readonly onColdStart: () => void;
  readonly onEnd: (session: Session, reason: SessionEnd) => void;
}

/** Opens sessions at a server that listens on HTTP. */
export class HttpOpenings {
  /** What a server said before its session stood, for the session's stream. */
  readonly #waiting = new Map<Session, Backlog>();

  constructor(private readonly parts: OpeningParts) {}

  /**
   * A session stands once the server's answer says so, and its agent has that answer. Until then it is known by its id only,
   * and ended there whenever something else comes.
   */
  open(exchange: Exchange, slot: Slot): void {
    let session: Session | undefined;
    /** Whether the agent gets an answer by which it knows the session. */
    let told = false;
    let giveUp = () => {};
    const drop = () => {
      if (session !== undefined) this.parts.sessions.end(session, 'abandoned');
    };
    const forwarding = this.parts.forwarder.send(exchange, {
      // An id that the server mints for nobody would stay with it: let it answer, then end the session.
      outlivesGateway: true,
      onHead: (status, headers) => {
        if (status >= 300) return 'pass';
        const serverId = fieldValue(headers, SESSION_HEADER);
        if (serverId !== undefined) {
          if (!this.parts.ids.isValid(serverId) || this.parts.ids.isTaken(serverId)) return this.#refuseSessionId(exchange, serverId);
          session = this.#openFor(exchange, slot, serverId);
          if (exchange.closed) drop();
        }
        return this.#readOpening(exchange, session, status, headers, (opened) => {
          giveUp();
          told = opened;
          if (!opened) drop();
          else if (session !== undefined) exchange.headers.push(SESSION_HEADER, session.id);
        });
      },
      onDone: () => {
        giveUp();
        if (session === undefined) slot.release();
      },
    });
    giveUp = this.parts.clock.after(this.parts.limits.initialize, () => {
      drop();
      if (!exchange.closed && !exchange.begun) exchange.refuse('server_unavailable', 'the server did not answer initialize in time');
      forwarding.abort('initialize took too long');
    });
    exchange.onClosed(() => {
      if (!(told && exchange.finished)) drop();
    });
  }

  #openFor(exchange: Exchange, slot: Slot, serverId: string): Session {
    const { agent } = exchange.context;
    const id = this.parts.ids.outside(serverId);
    const session = this.parts.sessions.open({ id, agent, slot, end: this.parts.onEnd });
    this.parts.ids.keep(session, serverId);
    this.parts.sessions.use(session, exchange);
    this.parts.onColdStart();
    return session;
  }

  /** @param onJudged hears whether the session stands, before the agent gets the answer */
  #readOpening(
    exchange: Exchange,
    session: Session | undefined,
    status: number,
    headers: readonly string[],
    onJudged: (opened: boolean) => void,
  ): BodyReader {
    const id = exchange.requestId() as RequestId;
    const onLost = (explanation: string) => {
      onJudged(false);
      exchange.refuse('server_unavailable', explanation);
    };
    if (isEventStream(headers)) return this.#readOpeningStream(exchange, session, id, onJudged, onLost);
    const holding = this.parts.budget.open(exchange.context.agent);
    exchange.onClosed(() => holding.release());
    return new OpeningAnswer(id, this.parts.limits.openingBytes, holding, {
      onResponse: (body, opened) => {
        onJudged(opened === 'result');
        // Its length is known now, whether or not the server has said it.
        exchange.begin(status, [...responseHeaders(headers, true), 'content-length', String(body.length)]);
        exchange.write(body, this.parts.clock.now());
        exchange.end();
      },
      onLost,
    });
  }

  #readOpeningStream(
    exchange: Exchange,
    session: Session | undefined,
    id: RequestId,
    onJudged: (opened: boolean) => void,
    onLost: (explanation: string) => void,
  ): BodyReader {
    const { backlogMessages, backlogBytes, openingBytes } = this.parts.limits;
    const waiting = new Backlog(backlogMessages, backlogBytes, this.parts.budget.open(exchange.context.agent));
    if (session !== undefined) this.#waiting.set(session, waiting);
    return new OpeningStream(id, openingBytes, {
      onPing: (pingId) =>
        this.parts.server.tell(session === undefined ? {} : this.parts.ids.known(session), `{"jsonrpc":"2.0","id":${pingId},"result":{}}`),
      onMessage: (text) => {
        // Without a session there is no stream on which it could wait.
        if (session !== undefined) waiting.add(text.replace(/[\r\n]+/g, ' '));
      },
      onResponse: (text, opened) => {
        onJudged(opened === 'result');
        exchange.json(200, text);
      },
      onLost,
    });
  }

  /** What was opened and cannot be told is closed, unless it is another's. */
  #refuseSessionId(exchange: Exchange, serverId: string): 'drop' {
    const { agent } = exchange.context;
    const taken = this.parts.ids.isTaken(serverId);
    this.parts.log.error({ agent, length: serverId.length, taken }, 'session_id_refused');
    if (!taken && this.parts.ids.isSayable(serverId)) this.parts.server.endSession({ id: serverId });
    const longest = this.parts.limits.serverSessionIdBytes;
    exchange.refuse(
      'server_unavailable',
      taken ? 'the server gave a session id that is in use' : `the server gave a session id that is not 1 to ${longest} visible characters`,
    );
    return 'drop';
  }

  /** Tells the stream of a session what came before the session stood. */
  tellWaiting(exchange: Exchange, session: Session): void {
    for (const message of this.#waiting.get(session)?.drain() ?? []) exchange.event(message, this.parts.clock.now());
    this.#waiting.delete(session);
  }

  /** Nobody will ask for it any more. */
  forget(session: Session): void {
    this.#waiting.get(session)?.drain();
    this.#waiting.delete(session);
  }
}
