import type { KeyObject } from 'node:crypto';
import { isCurrent, readContext, type SignedContext } from '../core/signed-context';

/** Signed contexts that are remembered: what an agent sends within a second carries the same one, but for calls that have an id of their own. */
const REMEMBERED = 1_000;

/** Knows who calls by the signed context of a request. One that was verified is not verified again; that it is not too old, is. */
export class Callers {
  /** In the order in which they came. What does not hold is never in it. */
  readonly #verified = new Map<string, SignedContext>();

  constructor(
    private readonly keys: readonly KeyObject[],
    private readonly server: string,
  ) {}

  /** @param now seconds since the epoch */
  of(header: string | string[] | undefined, now: number): SignedContext | undefined {
    if (typeof header !== 'string') return undefined;
    const signed = this.#verified.get(header) ?? this.#verify(header);
    return signed !== undefined && isCurrent(signed, now) ? signed : undefined;
  }

  #verify(header: string): SignedContext | undefined {
    const signed = readContext(header, this.keys, this.server);
    if (signed === undefined || signed.context.callId !== undefined) return signed;
    if (this.#verified.size >= REMEMBERED) this.#verified.delete(this.#verified.keys().next().value as string);
    this.#verified.set(header, signed);
    return signed;
  }
}
