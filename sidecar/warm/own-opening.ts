import { SESSION_HEADER } from '../../core/headers';
import type { BodyReader } from '../body-reader';
import { type Budget, type Holding, NOBODY } from '../budget';
import type { Cancel, Clock } from '../clock';
import { isEventStream } from '../event-stream';
import type { AnswerHandler, Flow } from '../http1/answer-handler';
import { fieldValue } from '../http1/head';
import type { Limits } from '../limits';
import type { Logger } from '../log';
import { type Opened, OpeningAnswer } from '../opening-answer';
import { OpeningStream } from '../opening-stream';
import type { ServerLine } from '../server-line';
import type { SessionIds } from '../session-ids';
import { SessionStream } from '../session-stream';
import { spliceValue } from '../splice';

/** Id of an `initialize` that nobody has sent. */
export const OWN_ID = 'fleet-warm';

export interface OpeningParts {
  readonly server: ServerLine;
  readonly ids: SessionIds;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Logger;
}

/** The server runs, and opens no session. */
export class NotOpened extends Error {
  override readonly name = 'NotOpened';
}

/** A session as its server has opened it. */
export interface OpenedSession {
  /** Under which the server knows it. */
  readonly id: string;
  /** The server's answer to `initialize`. */
  readonly answer: string;
  /** With what the server said before that. */
  readonly stream: SessionStream;
  /** Room for the one and the other. */
  readonly held: readonly [answer: Holding, stream: Holding];
}

/**
 * The sidecar's own `initialize` at a server that listens on HTTP. Resolves with the session; rejects with {@link NotOpened} where the
 * server refuses one, and with another error where it does not answer. What was opened and cannot be used is ended there.
 */
export class OwnOpening implements AnswerHandler {
  readonly #held: readonly [Holding, Holding];
  readonly #stream: SessionStream;
  readonly #giveUp: Cancel;
  #flow?: Flow;
  #id?: string;
  #reader?: BodyReader;
  #isOver = false;

  private constructor(
    private readonly parts: OpeningParts,
    private readonly resolve: (session: OpenedSession) => void,
    private readonly reject: (error: Error) => void,
  ) {
    const { budget, clock, limits, log } = parts;
    this.#held = [budget.open(NOBODY), budget.open(NOBODY)];
    this.#stream = new SessionStream(this.#held[1], clock, limits, log);
    this.#giveUp = clock.after(limits.initialize, () => this.#lose(new Error('the server did not answer initialize in time')));
  }

  /** @param params of `initialize`, JSON text */
  static send(params: string, parts: OpeningParts): Promise<OpenedSession> {
    return new Promise((resolve, reject) => {
      const opening = new OwnOpening(parts, resolve, reject);
      parts.server.open(`{"jsonrpc":"2.0","id":"${OWN_ID}","method":"initialize","params":${params}}`, opening);
    });
  }

  onSending(flow: Flow): void {
    this.#flow = flow;
    if (this.#isOver) flow.abort(new Error('nobody waits for it'));
  }

  onHead(_flow: Flow, status: number, fields: readonly string[]): void {
    if (this.#isOver) return;
    const id = fieldValue(fields, SESSION_HEADER);
    const { ids } = this.parts;
    if (status >= 300 || id === undefined) this.#lose(new NotOpened(`the server answered initialize with ${status} and no session`));
    else if (!ids.isValid(id) || ids.isTaken(id)) this.#lose(new NotOpened('the server gave a session id that is in use, or is none'));
    else this.#read(id, fields);
  }

  onBytes(_flow: Flow, chunk: Buffer): void {
    this.#reader?.push(chunk);
  }

  onEnd(): void {
    this.#reader?.end();
  }

  onError(error: Error): void {
    this.#lose(error);
  }

  #read(id: string, fields: readonly string[]): void {
    this.#id = id;
    const { server, limits } = this.parts;
    const onLost = (explanation: string) => this.#lose(new NotOpened(explanation));
    this.#reader = isEventStream(fields)
      ? new OpeningStream(OWN_ID, limits.openingBytes, {
          onPing: (pingId) => server.tell({ id }, `{"jsonrpc":"2.0","id":${pingId},"result":{}}`),
          onMessage: (text) => this.#stream.tell(text.replace(/[\r\n]+/g, ' ')),
          onResponse: (text, opened) => this.#judge(text, opened),
          onLost,
        })
      : new OpeningAnswer(OWN_ID, limits.openingBytes, this.#held[0], {
          onResponse: (body, opened) => this.#judge(body.toString(), opened),
          onLost,
        });
  }

  #judge(answer: string, opened: Opened): void {
    if (opened === 'error') this.#lose(new NotOpened('the server answered initialize with an error'));
    else if (spliceValue(answer, ['id'], OWN_ID) === undefined) this.#lose(new NotOpened('its answer can be told to nobody else'));
    else this.#end(() => this.resolve({ id: this.#id as string, answer, stream: this.#stream, held: this.#held }));
  }

  #lose(error: Error): void {
    this.#end(() => {
      for (const holding of this.#held) holding.release();
      if (this.#id !== undefined) void this.parts.server.endSession({ id: this.#id });
      this.reject(error);
    });
  }

  /** A server may leave its stream open behind its answer. */
  #end(tell: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#giveUp();
    const { clock, limits } = this.parts;
    clock.after(limits.afterResponse, () => this.#flow?.abort(new Error('nobody wants more of it')));
    tell();
  }
}
