import { Automaton } from './automaton';
import { formsOf, type NamedSecret } from './forms';
import { GuardedAnswer } from './guarded-answer';
import { Masking, type OnMasked } from './masking';
import { ToldShares } from './told-shares';

/** Keeps secrets out of what leaves whoever holds them. Built once for its secrets; where there are none, there is none. */
export class LeakGuard {
  readonly #automaton: Automaton;
  readonly #shares: ToldShares;
  /** Names of those that are too short to be looked for. */
  readonly unguarded: readonly string[];

  /** @param now milliseconds since the epoch */
  constructor(secrets: readonly NamedSecret[], now: () => number = Date.now) {
    const forms = secrets.map(({ name, value }) => ({ name, forms: formsOf(value) }));
    this.unguarded = forms.filter(({ forms: { length } }) => length === 0).map(({ name }) => name);
    this.#automaton = new Automaton(forms.flatMap(({ name, forms }) => forms.map((form) => ({ name, form }))));
    this.#shares = new ToldShares(secrets, now);
  }

  /** A text without them. */
  mask(text: string, onMasked: OnMasked = () => undefined): string {
    let isMasked = false;
    const masking = new Masking(this.#automaton, (name) => {
      isMasked = true;
      onMasked(name);
    });
    const passed = Buffer.concat([masking.push(Buffer.from(text)), masking.rest()]);
    return isMasked ? passed.toString() : text;
  }

  /**
   * The body of one answer.
   * @param isStream whether it is an event stream
   * @param reader whose answers are put together; nobody's where nobody is named
   */
  answer(isStream: boolean, onMasked: OnMasked, reader?: string): GuardedAnswer {
    const shares = reader === undefined ? undefined : this.#shares.answerTo(reader);
    return new GuardedAnswer(this.#automaton, onMasked, isStream, shares);
  }
}
