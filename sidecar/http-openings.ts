import { SESSION_HEADER } from '../core/headers';
import type { RequestId } from '../core/message';
import type { BodyReader } from './body-reader';
import type { Budget } from './budget';
import type { Clock } from './clock';
import { isEventStream } from './event-stream';
import type { Exchange } from './exchange';
import type { HttpForwarder } from './http-forwarder';
import { fieldValue } from './http1/head';
import type { Limits } from './limits';
import type { Logger } from './log';
import { OpeningAnswer } from './opening-answer';
import { OpeningStream } from './opening-stream';
import { responseHeaders } from './passed-headers';
import type { ServerLine } from './server-line';
import type { SessionIds } from './session-ids';
import type { SessionStream } from './session-stream';
import type { Session, SessionEnd, Sessions } from './sessions';
import type { Slot } from './slots';
import { spliceValue } from './splice';
import { OWN_SHAPE, type Shape } from './warm/shape';
import type { WarmSession, WarmSessions } from './warm/warm-sessions';

export interface OpeningParts {
  readonly server: ServerLine;
  readonly forwarder: HttpForwarder;
  readonly ids: SessionIds;
  readonly sessions: Sessions;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: Limits;
  /** Sessions that are opened ahead, where some are. */
  readonly warm?: WarmSessions;
  /** Told of every session for which an agent had to wait. */
  readonly onColdStart: () => void;
  /** Where it hears what the server says apart from any request. */
  readonly streamOf: (session: Session) => SessionStream;
  /** It hears there what was said before the session was the agent's, too. */
  readonly adopt: (session: Session, stream: SessionStream) => void;
  readonly onEnd: (session: Session, reason: SessionEnd) => void;
}

/** Opens sessions at a server that listens on HTTP. */
export class HttpOpenings {
  constructor(private readonly parts: OpeningParts) {}

  open(exchange: Exchange, slot: Slot): void {
    const shape = this.parts.warm?.hear(exchange);
    const warm = shape === undefined ? undefined : this.parts.warm?.take(shape);
    if (warm === undefined) this.#openNow(exchange, slot, shape);
    else void this.#give(exchange, slot, shape, warm);
  }

  /** A session that stands already, where its server still says so: the agent gets the answer that the sidecar got. */
  async #give(exchange: Exchange, slot: Slot, shape: Shape | undefined, taken: Promise<WarmSession | undefined>): Promise<void> {
    const warm = await taken;
    if (warm !== undefined && !exchange.closed && !this.parts.ids.isTaken(warm.id)) {
      this.#hand(warm, exchange, slot);
      return;
    }
    if (warm !== undefined) this.parts.warm?.end(warm);
    if (exchange.closed) slot.release();
    else this.#openNow(exchange, slot, shape);
  }

  #hand({ id, answer, stream, held: [answerHeld, streamHeld] }: WarmSession, exchange: Exchange, slot: Slot): void {
    const session = this.#standFor(exchange, slot, id);
    answerHeld.release();
    streamHeld.passTo(session.agent);
    this.parts.adopt(session, stream);
    exchange.onClosed(() => exchange.finished || this.parts.sessions.end(session, 'abandoned'));
    exchange.headers.push(SESSION_HEADER, session.id);
    exchange.json(200, spliceValue(answer, ['id'], exchange.requestId()) as string);
  }

  /**
   * A session stands once the server's answer says so, and its agent has that answer. Until then it is known by its id only,
   * and ended there whenever something else comes.
   */
  #openNow(exchange: Exchange, slot: Slot, shape: Shape | undefined): void {
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
          session = this.#standFor(exchange, slot, serverId);
          // For the fleet's own sessions no agent waits.
          if (shape !== OWN_SHAPE) this.parts.onColdStart();
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

  #standFor(exchange: Exchange, slot: Slot, serverId: string): Session {
    const { agent } = exchange.context;
    const id = this.parts.ids.outside(serverId);
    const session = this.parts.sessions.open({ id, agent, slot, end: this.parts.onEnd });
    this.parts.ids.keep(session, serverId);
    this.parts.sessions.use(session, exchange);
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
    return new OpeningStream(id, this.parts.limits.openingBytes, {
      onPing: (pingId) =>
        this.parts.server.tell(session === undefined ? {} : this.parts.ids.known(session), `{"jsonrpc":"2.0","id":${pingId},"result":{}}`),
      onMessage: (text) => {
        // Without a session there is no stream on which it could wait.
        if (session !== undefined) this.parts.streamOf(session).tell(text.replace(/[\r\n]+/g, ' '));
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
    if (!taken && this.parts.ids.isSayable(serverId)) void this.parts.server.endSession({ id: serverId });
    const longest = this.parts.limits.serverSessionIdBytes;
    exchange.refuse(
      'server_unavailable',
      taken ? 'the server gave a session id that is in use' : `the server gave a session id that is not 1 to ${longest} visible characters`,
    );
    return 'drop';
  }
}
