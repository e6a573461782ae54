import { readMembers } from '../core/json-members';
import type { RequestId } from '../core/message';
import { readServerMessage, type ServerResponse } from '../core/reading/server-message';
import type { BodyReader } from './body-reader';
import type { Holding } from './budget';
import { isSameId } from './response-reader';

const BYTE_ORDER_MARK = /^\ufeff/;

/** What an answer to `initialize` says: the session stands, or the server does not open it. */
export type Opened = ServerResponse['member'];

/** @returns undefined for a response by which nobody can know that a session stands: its result names no revision */
export function openedBy({ member, payload }: ServerResponse): Opened | undefined {
  return member === 'error' || /^"./.test(readMembers(payload).get('protocolVersion') ?? '') ? member : undefined;
}

export interface AnswerEvents {
  readonly onResponse: (body: Buffer, opened: Opened) => void;
  /** There will be no answer. */
  readonly onLost: (explanation: string) => void;
}

/** The body with which a server answers `initialize`: read whole before anything of it is told. */
export class OpeningAnswer implements BodyReader {
  #chunks: Buffer[] = [];
  #size = 0;
  #over = false;

  /**
   * @param limit bytes of the body
   * @param holding room for it; whoever made it lets go of it
   */
  constructor(
    private readonly id: RequestId,
    private readonly limit: number,
    private readonly holding: Holding,
    private readonly on: AnswerEvents,
  ) {}

  push(chunk: Buffer): void {
    if (this.#over) return;
    this.#size += chunk.length;
    if (this.#size > this.limit || !this.holding.grow(chunk.length))
      this.#lose('the server answered initialize with more than may be read');
    else this.#chunks.push(chunk);
  }

  end(): void {
    if (this.#over) return;
    const body = Buffer.concat(this.#chunks);
    const message = readServerMessage(body.toString().replace(BYTE_ORDER_MARK, ''));
    const opened = message.kind === 'response' && isSameId(message.id, this.id) ? openedBy(message) : undefined;
    if (opened === undefined) this.#lose('the server answered initialize with what is no answer to it');
    else this.on.onResponse(body, opened);
  }

  #lose(explanation: string): void {
    this.#over = true;
    this.#chunks = [];
    this.on.onLost(explanation);
  }
}
