import type { Automaton } from './automaton';
import { SecretScan } from './secret-scan';

/** Places of one stream's messages whose texts are put together, each by itself. */
const MOST_PLACES = 16;
/** What every message says of itself, and no text of it. */
const ENVELOPE = ['jsonrpc', 'id', 'method'];

/** Knows a secret that the messages of one stream tell in pieces: none of them carries it, and who puts their texts together has it. */
export class ToldPieces {
  /** All texts in their order, and those of one place in the messages. */
  readonly #all: SecretScan;
  readonly #places = new Map<string, SecretScan>();

  constructor(private readonly automaton: Automaton) {
    this.#all = new SecretScan(automaton);
  }

  /**
   * @param text of one message, in which what is whole has been masked
   * @returns the name of the secret that is whole with it
   */
  hear(text: string): string | undefined {
    // Most streams have nothing but a response, and no piece comes before that.
    if (text.includes('"result"') && !this.#isOpen) return undefined;
    const message = parsed(text);
    if (typeof message !== 'object' || message === null) return undefined;
    const told = Object.entries(message).filter(([name]) => !ENVELOPE.includes(name));
    return this.#walk(Object.fromEntries(told), '');
  }

  get #isOpen(): boolean {
    return [this.#all, ...this.#places.values()].some((scan) => scan.openFrom < scan.at);
  }

  #walk(value: unknown, place: string): string | undefined {
    if (typeof value === 'string') return this.#add(value, place);
    if (typeof value !== 'object' || value === null) return undefined;
    for (const [name, member] of Object.entries(value)) {
      const found = this.#walk(member, Array.isArray(value) ? `${place}[]` : `${place}.${name}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #add(text: string, place: string): string | undefined {
    const bytes = Buffer.from(text);
    for (const scan of [this.#all, this.#at(place)]) {
      scan.push(bytes);
      const hit = scan.hits.shift();
      if (hit !== undefined) return hit.name;
    }
    return undefined;
  }

  #at(place: string): SecretScan {
    const scan = this.#places.get(place) ?? new SecretScan(this.automaton);
    this.#places.set(place, scan);
    if (this.#places.size > MOST_PLACES) this.#places.delete(this.#places.keys().next().value as string);
    return scan;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no message: nobody is given it
  }
}
