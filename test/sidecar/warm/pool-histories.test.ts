import { expect, test } from '@jest/globals';
import { LIMITS } from '../../../sidecar/limits';
import { type Supply, type SupplyEvents, WarmPool } from '../../../sidecar/warm/pool';
import { Voices } from '../../../sidecar/warm/voices';
import { Dice } from '../../core/dice';
import { ManualClock } from '../manual-clock';
import { linesOf } from './lines';

const HISTORIES = 50;
const STEPS = 200;
const SWEEP = LIMITS.idleSweep;

type State = 'begun' | 'ready' | 'given' | 'ended' | 'lost';

interface Made {
  readonly kind: string;
  readonly on: SupplyEvents;
  state: State;
}

/** Agents ask, the server is quick, slow, or breaks, room comes and goes, and time passes: all as the dice fall. */
class History {
  readonly clock = new ManualClock();
  /** Those that are the pool's: begun, or ready. */
  readonly kept = new Set<Made>();
  begun = 0;
  readonly size: number;
  readonly voices = new Voices(LIMITS.warmVoices, 'silence');
  readonly pool: WarmPool<Made>;
  room: number;
  asked = 0;
  readonly #since = this.clock.now();

  constructor(private readonly dice: Dice) {
    this.size = dice.integer(1, 6);
    this.room = this.size + dice.integer(0, 3);
    const supply: Supply<Made> = {
      wanted: (most) => this.voices.share(most),
      begin: (kind, on) => this.#begin(kind, on),
      end: (one) => this.#become(one, 'ended', ['begun', 'ready']),
    };
    this.pool = new WarmPool({ size: this.size, room: () => this.room }, supply, this.clock, LIMITS, linesOf().log);
    this.pool.review();
  }

  step(): void {
    const { dice, pool } = this;
    const what = dice.integer(0, 9);
    if (what < 3) this.#ask(`agent ${dice.integer(1, 5)}`, `shape ${dice.integer(1, 3)}`);
    else if (what < 6) this.#tellOf('begun', dice.chance(0.8) ? 'ready' : 'lost');
    else if (what === 6) this.#tellOf('ready', 'lost');
    else if (what === 7) this.room = dice.integer(0, this.size + 3);
    else this.clock.advance(dice.pick([1, 50, 500, 5_000, SWEEP, LIMITS.warmAge]));
    if (dice.chance(0.3)) pool.review();
    if (dice.chance(0.02)) pool.discard('the server has restarted');
    this.#check();
  }

  /** Nothing breaks any more, and nobody asks: what is wanted comes to be there. */
  rest(): void {
    this.room = this.size;
    for (let at = 0; at < 200; at++) {
      this.#tellOf('begun', 'ready');
      this.clock.advance(2_000);
      this.pool.review();
    }
    expect(this.pool.ready).toHaveLength(this.size);
    for (const [kind, count] of this.voices.share(this.size))
      expect(this.pool.ready.filter((one) => one.kind === kind)).toHaveLength(count);
  }

  /** Whatever was begun is given to somebody, or ended. */
  end(): void {
    this.room = 0;
    this.pool.review();
    expect(this.kept.size).toBe(0);
  }

  #begin(kind: string, on: SupplyEvents): Made {
    if ([...this.kept].some(({ state }) => state === 'begun')) throw new Error('two are begun at a time');
    const one: Made = { kind, on, state: 'begun' };
    this.kept.add(one);
    this.begun++;
    return one;
  }

  #ask(agent: string, kind: string): void {
    this.asked++;
    this.voices.hear(agent, kind);
    const given = this.pool.take(kind);
    if (given !== undefined) {
      expect(given.kind).toBe(kind);
      this.#become(given, 'given', ['ready']);
    } else if (this.dice.chance(0.3)) {
      const unready = this.pool.takeUnready(kind);
      if (unready !== undefined) this.#become(unready, 'given', ['begun', 'ready']);
    }
  }

  #tellOf(state: State, becomes: 'ready' | 'lost'): void {
    const those = [...this.kept].filter((one) => one.state === state);
    if (those.length === 0) return;
    const one = this.dice.pick(those);
    one.state = becomes;
    if (becomes === 'lost') this.kept.delete(one);
    if (becomes === 'lost') one.on.onLost('as the dice fell');
    else one.on.onReady();
  }

  /** It was in one of these states: nothing is given twice, or given after its end, or ended after it was given. */
  #become(one: Made, state: State, from: readonly State[]): void {
    if (!from.includes(one.state)) throw new Error(`what is ${one.state} becomes ${state}`);
    one.state = state;
    this.kept.delete(one);
  }

  #check(): void {
    expect(this.pool.size).toBe(this.kept.size);
    expect(this.kept.size).toBeLessThanOrEqual(this.size);
    const elapsed = this.clock.now() - this.#since;
    expect(this.begun).toBeLessThanOrEqual(this.size + this.asked + Math.ceil(elapsed / LIMITS.warmEarned));
  }
}

test('whatever happens, each is given once at most, none is left over, and what is wanted comes to be there', () => {
  for (let seed = 1; seed <= HISTORIES; seed++) {
    const history = new History(new Dice(seed));
    for (let at = 0; at < STEPS; at++) history.step();
    history.rest();
    history.end();
  }
});
