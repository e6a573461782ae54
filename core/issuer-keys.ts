import { FleetError } from './errors';

/** A public key of an issuer, as its JWKS has it (RFC 7517 §4). */
export interface IssuerKey {
  readonly kid?: string;
}

export interface IssuerKeysProps<Key extends IssuerKey> {
  /** Asks the issuer. Rejects when the keys cannot be had; the error's message names address and cause, and no token. */
  readonly fetch: () => Promise<readonly Key[]>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Hears that a key is gone, or is another one under the same `kid`: what it has signed is not to be believed any longer. */
  readonly onWithdrawn?: () => void;
  /** Hears of each time that the issuer's keys cannot be had. */
  readonly onFailure?: (error: Error) => void;
  /**
   * Whether callers go on with the keys that are held while an issuer that has failed is asked once more. Not for a function, which
   * is frozen as soon as it has answered.
   */
  readonly asksAside: boolean;
}

/** How long keys are used; in milliseconds. */
export const ISSUER_KEY_TIMES = {
  /** Asked for again: a key that the issuer has withdrawn opens nothing after this. */
  fresh: 10 * 60_000,
  /** Used while the issuer cannot be asked; then nobody is let in. */
  stale: 4 * 60 * 60_000,
  /** Between two questions, whatever came of the first: tokens that name keys by chance do not make us ask without end. */
  pause: 10_000,
} as const;

/** The signing keys of one issuer, found by `kid`, asked for again as they age and where a token names one that is not held. */
export class IssuerKeys<Key extends IssuerKey> {
  private held: readonly Key[] = [];
  private heldSince = Number.NEGATIVE_INFINITY;
  private askedAt = Number.NEGATIVE_INFINITY;
  private failure: Error | undefined;
  private asking: Promise<void> | undefined;

  constructor(private readonly props: IssuerKeysProps<Key>) {}

  /**
   * @param kid as a token's header has it, by anybody's hand
   * @throws FleetError UNAUTHENTICATED for a key that the issuer does not have; AUTHORIZER_UNAVAILABLE when it cannot be asked
   */
  async find(kid: unknown): Promise<Found<Key>> {
    if (typeof kid !== 'string') throw new FleetError('UNAUTHENTICATED', { reason: 'the token names no key ("kid")' });
    await this.keepFresh();
    if (this.keyOf(kid) === undefined && !this.isPaused()) await this.ask();
    const found = this.keyOf(kid);
    if (found !== undefined) return found;
    if (this.failure !== undefined) throw this.unavailable();
    throw new FleetError('UNAUTHENTICATED', { reason: 'the token is signed with a key that its issuer does not have' });
  }

  /**
   * To be called before anything that was verified earlier is believed again.
   * @returns what to wait for, if anything
   * @throws FleetError AUTHORIZER_UNAVAILABLE, by the promise, when the keys are too old
   */
  keepFresh(): Promise<void> | undefined {
    const age = this.since(this.heldSince);
    if (age <= ISSUER_KEY_TIMES.fresh) return undefined;
    if (age > ISSUER_KEY_TIMES.stale) return this.isPaused() ? Promise.reject(this.unavailable()) : this.ask();
    if (this.isPaused()) return undefined;
    const asked = this.ask().catch(() => undefined);
    return this.failure !== undefined && this.props.asksAside ? undefined : asked;
  }

  private keyOf(kid: string): Found<Key> | undefined {
    return this.held.find((key): key is Found<Key> => key.kid === kid);
  }

  /** Everybody who asks meanwhile waits for the same answer. */
  private ask(): Promise<void> {
    this.asking ??= this.fetchKeys().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async fetchKeys(): Promise<void> {
    const { fetch, now, onWithdrawn, onFailure } = this.props;
    this.askedAt = now();
    try {
      const keys = await fetch();
      const told = new Set(keys.map((key) => JSON.stringify(key)));
      const isWithdrawn = this.held.some((key) => !told.has(JSON.stringify(key)));
      this.held = keys;
      this.heldSince = this.askedAt;
      this.failure = undefined;
      if (isWithdrawn) onWithdrawn?.();
    } catch (error) {
      this.failure = error as Error;
      onFailure?.(this.failure);
      throw this.unavailable();
    }
  }

  private isPaused(): boolean {
    return this.asking === undefined && this.since(this.askedAt) < ISSUER_KEY_TIMES.pause;
  }

  /** A clock that was set back says nothing: what seems to come is long ago. */
  private since(time: number): number {
    const passed = this.props.now() - time;
    return passed < 0 ? Number.POSITIVE_INFINITY : passed;
  }

  private unavailable(): FleetError {
    const retryAfterMs = Math.max(0, ISSUER_KEY_TIMES.pause - this.since(this.askedAt));
    const why = this.failure === undefined ? '' : ` (${this.failure.message})`;
    return new FleetError('AUTHORIZER_UNAVAILABLE', { reason: `the keys of the issuer cannot be had${why}`, retryAfterMs });
  }
}

type Found<Key> = Key & { readonly kid: string };
