import { EventBoundary } from '../reading/event-boundary';
import { EventReader, EventTooLarge } from '../reading/event-reader';
import type { Automaton } from './automaton';
import { Masking, type OnMasked } from './masking';
import { ToldPieces } from './told-pieces';

/** Characters of an event of which the texts are put together with those of others; a larger one is masked all the same. */
const EVENT_LIMIT = 1024 * 1024;

/** The messages of a stream, or answers to one reader, tell a secret in pieces: nothing of these bytes may pass, and nothing behind them. */
export class SecretTold extends Error {
  override readonly name = 'SecretTold';

  constructor(readonly secret: string) {
    super(`the secret ${secret} was told in pieces`);
  }
}

/** The body of one answer on its way past the guard. */
export class GuardedAnswer {
  readonly #masking: Masking;
  /** Present for an event stream. */
  readonly #stream?: { readonly boundary: EventBoundary; readonly pieces: ToldPieces; events?: EventReader };

  /** @param hearShares hears what passes, and gives the name of the secret that answers to one reader have told with it */
  constructor(
    automaton: Automaton,
    onMasked: OnMasked,
    isStream: boolean,
    private readonly hearShares: (bytes: Buffer) => string | undefined = () => undefined,
  ) {
    this.#masking = new Masking(automaton, onMasked);
    if (isStream) this.#stream = { boundary: new EventBoundary(), pieces: new ToldPieces(automaton), events: new EventReader(EVENT_LIMIT) };
  }

  /** @returns what may pass now @throws SecretTold */
  push(chunk: Buffer): Buffer {
    const passed = this.#masking.push(chunk);
    if (this.#stream === undefined) return this.#judged(passed);
    this.#stream.boundary.pass(chunk);
    // An event that is whole waits for nothing.
    return this.#judged(this.#stream.boundary.reached ? joined(passed, this.#masking.rest()) : passed);
  }

  /** The answer is whole. @returns what is left of it @throws SecretTold */
  rest(): Buffer {
    return this.#judged(this.#masking.rest());
  }

  #judged(bytes: Buffer): Buffer {
    const told = this.hearShares(bytes);
    if (told !== undefined) throw new SecretTold(told);
    for (const data of this.#eventsIn(bytes)) {
      const secret = this.#stream?.pieces.hear(data);
      if (secret !== undefined) throw new SecretTold(secret);
    }
    return bytes;
  }

  #eventsIn(bytes: Buffer): string[] {
    try {
      return this.#stream?.events?.push(bytes).map(({ data }) => data) ?? [];
    } catch (error) {
      if (!(error instanceof EventTooLarge) || this.#stream === undefined) throw error;
      this.#stream.events = new EventReader(EVENT_LIMIT);
      return [];
    }
  }
}

function joined(first: Buffer, second: Buffer): Buffer {
  return second.length === 0 ? first : Buffer.concat([first, second]);
}
