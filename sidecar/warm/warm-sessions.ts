import { readMembers } from '../../core/json-members';
import type { Exchange } from '../exchange';
import type { ServerSession } from '../server-line';
import { NotOpened, type OpenedSession, type OpeningParts, OwnOpening } from './own-opening';
import { type Ahead, type SupplyEvents, WarmPool } from './pool';
import { OWN_SHAPE, type Shape, shapeOf } from './shape';
import { Voices } from './voices';

/** A session that was opened before anybody has asked for it. */
export interface WarmSession extends OpenedSession, ServerSession {
  readonly id: string;
}

/** What the pool keeps: a session, once it is there. */
interface Begun {
  session?: WarmSession;
  /** Nobody wants it any more. */
  isEnded: boolean;
}

/**
 * Sessions at a server that listens on HTTP, opened ahead by the words with which agents open theirs; by the fleet's own until one has
 * spoken. A server that has restarted, or ends what is idle, has forgotten some: each is asked for before it is given away.
 */
export class WarmSessions {
  readonly #voices: Voices;
  readonly #pool: WarmPool<Begun>;
  /** Of which the server is being told that they are over. */
  readonly #ending = new Set<Promise<void>>();

  constructor(
    ahead: Ahead,
    private readonly parts: OpeningParts,
  ) {
    const { clock, limits, log } = parts;
    this.#voices = new Voices(limits.warmVoices, OWN_SHAPE);
    const supply = {
      wanted: (most: number) => this.#voices.share(most),
      begin: (shape: Shape, on: SupplyEvents) => this.#begin(shape, on),
      end: (begun: Begun) => this.#end(begun),
    };
    this.#pool = new WarmPool(ahead, supply, clock, limits, log);
  }

  /** Sessions that are ready. */
  get count(): number {
    return this.#pool.ready.length;
  }

  get isSettled(): boolean {
    return this.#pool.isSettled;
  }

  /** What an exchange asks for, and that it does; undefined where nothing that was opened ahead can stand for it. */
  hear(exchange: Exchange): Shape | undefined {
    const shape = shapeOf(exchange, this.parts.limits.warmShapeBytes);
    if (shape !== undefined && shape !== OWN_SHAPE) this.#voices.hear(exchange.context.agent, shape);
    return shape;
  }

  /** Gives a session away, once the server has confirmed it: a promise where there is one to ask for. */
  take(shape: Shape): Promise<WarmSession | undefined> | undefined {
    const session = this.#pool.take(shape)?.session;
    return session && this.#confirmed(session);
  }

  /** Ends one that was taken, and that nobody got. */
  end({ id, version, held }: WarmSession): void {
    for (const holding of held) holding.release();
    // A server that gives an id twice may have given it to an agent.
    if (this.parts.ids.isTaken(id)) return;
    const ending = this.parts.server.endSession({ id, version });
    this.#ending.add(ending);
    void ending.then(() => this.#ending.delete(ending));
  }

  /** Ends all of them. Resolves when the server has been told, as far as it can be. */
  async close(): Promise<void> {
    this.#pool.close();
    await Promise.all(this.#ending);
  }

  reviewSoon(): void {
    this.#pool.reviewSoon();
  }

  /** Asks for each of them, so that the server does not take it for idle either. */
  review(): void {
    this.#pool.review();
    for (const { session } of this.#pool.ready) if (session !== undefined) void this.#look(session);
  }

  async #look(session: WarmSession): Promise<void> {
    if (await this.#isThere(session)) return;
    if (this.#pool.ready.some((begun) => begun.session === session)) this.#pool.discard(FORGOTTEN);
  }

  async #confirmed(session: WarmSession): Promise<WarmSession | undefined> {
    if (await this.#isThere(session)) {
      this.#pool.noteGood();
      return session;
    }
    this.end(session);
    // The others are as old or older.
    this.#pool.discard(FORGOTTEN);
    return undefined;
  }

  #isThere(session: WarmSession): Promise<boolean> {
    return this.parts.server.takes(session, this.parts.limits.warmAnswer);
  }

  #begin(shape: Shape, on: SupplyEvents): Begun {
    const begun: Begun = { isEnded: false };
    this.#open(shape, begun).then(on.onReady, (error: Error) =>
      error instanceof NotOpened ? on.onRefused(error.message) : on.onLost(error.message),
    );
    return begun;
  }

  async #open(shape: Shape, begun: Begun): Promise<void> {
    const opened = await OwnOpening.send(shape, this.parts);
    const session = { ...opened, version: revisionIn(opened.answer) };
    begun.session = session;
    if (begun.isEnded) this.end(session);
    // Some servers take nothing but the agent's word that the session stands.
    if (begun.isEnded || (await this.#isThere(session)) || begun.isEnded) return;
    this.end(session);
    throw new NotOpened('the server does not answer a ping in a session that it has just opened');
  }

  #end(begun: Begun): void {
    begun.isEnded = true;
    if (begun.session !== undefined) this.end(begun.session);
  }
}

const FORGOTTEN = 'the server has forgotten a session that was opened ahead';

function revisionIn(answer: string): string | undefined {
  const revision = readMembers(readMembers(answer.trim()).get('result')).get('protocolVersion');
  return revision === undefined ? undefined : (JSON.parse(revision) as string);
}
