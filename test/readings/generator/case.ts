import { between, type Random, randomOf } from '../../chaos/random';
import { ANSWER_DIMENSIONS } from './answers';
import type { Expectation, Needs, Value } from './dimension';
import type { Draft } from './draft';
import { charset, coding, text } from './encodings';
import { accept, authorization, framing, path, repeated, writes } from './headers';
import { key } from './keys';
import { output } from './lines';
import { message } from './messages';
import { names } from './names';
import { argument, id, nulls, shape } from './values';

/** Value of a dimension in which a case does not differ from a plain one. */
export const PLAIN = 'plain';

/** What a plain case may be as well: no deviation, and chosen anew for each case. */
export const BASES = {
  server: ['sdk-v1', 'sdk-v2', 'express', 'worst', 'stdio-sdk', 'stdio-worst'],
  client: ['raw', 'sdk-v1', 'sdk-v2'],
  era: ['legacy', 'batches', 'modern'],
  tool: ['read', 'write', 'keyed', 'slash'],
  /** Where its parser has a choice. */
  reading: ['last', 'first', 'folds-last', 'folds-first'],
} as const;

/** How often a base is chosen where all are possible. A stdio server is a process for each case, and so is rare. */
const WEIGHTS: Readonly<Record<string, number>> = {
  'stdio-sdk': 0.03,
  'stdio-worst': 0.05,
  raw: 3,
  legacy: 2,
  modern: 2,
  write: 2,
};

/** Dimensions of the request, in the order in which they act on it: message, text, bytes, headers, wire. */
export const REQUEST_DIMENSIONS = {
  message,
  id,
  nulls,
  argument,
  shape,
  key,
  names,
  text,
  charset,
  coding,
  accept,
  repeated,
  authorization,
  path,
  framing,
  writes,
} as const satisfies Record<string, Readonly<Record<string, Value<Draft>>>>;

const LEGACY_WORST: Needs = { server: ['worst'], era: ['legacy', 'batches'], client: ['raw'] };
const LEGACY_RAW: Needs = { era: ['legacy', 'batches'], client: ['raw'] };
const CALL_BEHIND_BALANCER: Needs = { message: ['call'], client: ['raw'] };

/** What happens beside request and answer: to the session, and at the balancer. */
const SURROUNDINGS: Readonly<Record<string, Readonly<Record<string, Omit<Value<never>, 'act'>>>>> = {
  sessionId: {
    '512': { kind: 'B8', expect: 'same', needs: LEGACY_WORST },
    '600': { kind: 'B8', expect: 'same', needs: LEGACY_WORST },
    '8192': { kind: 'B8', expect: 'same', needs: LEGACY_WORST },
  },
  opening: {
    'client-info-60k': { kind: 'A7', expect: 'same', needs: LEGACY_RAW },
    'client-info-500k': { kind: 'A7', expect: 'refused', needs: LEGACY_RAW },
    'ping-first': { kind: 'B8', expect: 'same', needs: LEGACY_WORST },
    'notification-first': { kind: 'B8', expect: 'same', needs: LEGACY_WORST },
  },
  cancelled: {
    'while-it-runs': { kind: 'B6', expect: 'same', needs: { ...LEGACY_WORST, message: ['call'] } },
  },
  resumed: {
    'behind-the-first-event': { kind: 'B1', expect: 'same', needs: { ...LEGACY_WORST, message: ['list'] } },
  },
  removal: {
    '405': { kind: 'B6', expect: 'same', needs: LEGACY_WORST },
    '404': { kind: 'B6', expect: 'same', needs: LEGACY_WORST },
    '500': { kind: 'B6', expect: 'same', needs: LEGACY_WORST },
  },
  balancer: {
    '503': { kind: 'B5', expect: 'refused', needs: CALL_BEHIND_BALANCER },
    '404': { kind: 'B5', expect: 'refused', needs: CALL_BEHIND_BALANCER },
    '400': { kind: 'B5', expect: 'refused', needs: CALL_BEHIND_BALANCER },
    '408': { kind: 'B5', expect: 'refused', needs: CALL_BEHIND_BALANCER },
    '460': { kind: 'B5', expect: 'refused', needs: CALL_BEHIND_BALANCER },
    '502': { kind: 'B5', expect: 'refused', needs: CALL_BEHIND_BALANCER },
    '504': { kind: 'B5', expect: 'refused', needs: CALL_BEHIND_BALANCER },
    close: { kind: 'B5', expect: 'refused', needs: CALL_BEHIND_BALANCER },
  },
};

type Facts = Omit<Value<never>, 'act'>;

/** All dimensions with what is known of their values. */
export const DIMENSIONS: Readonly<Record<string, Readonly<Record<string, Facts>>>> = {
  ...REQUEST_DIMENSIONS,
  ...ANSWER_DIMENSIONS,
  output,
  ...SURROUNDINGS,
};

/** One case: a value for each dimension in which it is not plain, and one for each base. */
export interface Case {
  readonly seed: string;
  readonly index: number;
  readonly values: Readonly<Record<string, string>>;
}

/** Every value that a run must have had. */
export function* allValues(): Generator<readonly [dimension: string, value: string]> {
  for (const [name, values] of Object.entries(BASES)) for (const value of values) yield [name, value];
  for (const [name, values] of Object.entries(DIMENSIONS)) for (const value of Object.keys(values)) yield [name, value];
}

const DEVIATIONS = [...allValues()];

/** The case of a seed and an index; the same whenever it is asked for. Every deviation comes alone first, so that none is left out or hidden. */
export function caseOf(seed: string, index: number): Case {
  const random = randomOf(`${seed}/${index}`);
  const turn = shuffled(DEVIATIONS, randomOf(seed));
  const chosen = new Choice(random);
  chosen.take(...(turn[index % turn.length] as (typeof turn)[number]));
  // Later most cases differ in one or two ways: what several do at once is found, too, but is harder to read.
  const alone = index < turn.length;
  if (alone) chosen.take('client', 'raw'); // official clients keep to themselves much of what they hear
  const others = alone ? 0 : ([0, 0, 1, 1, 1, 2, 3][between(random, 0, 7)] as number);
  for (let more = others; more > 0; more--) {
    chosen.take(...(DEVIATIONS[between(random, 0, DEVIATIONS.length)] as (typeof DEVIATIONS)[number]));
  }
  return { seed, index, values: chosen.finished() };
}

/** Values that go together. */
class Choice {
  private readonly values: Record<string, string> = {};
  /** What the values so far leave open. */
  private readonly open: Record<string, readonly string[]> = { ...BASES, message: Object.keys(message) };

  constructor(private readonly random: Random) {}

  /** Takes a value, where it goes with the others. */
  take(dimension: string, value: string): void {
    if (this.values[dimension] !== undefined || !(this.open[dimension]?.includes(value) ?? true)) return;
    const needs: Needs = { ...DIMENSIONS[dimension]?.[value]?.needs, ...(dimension in this.open && { [dimension]: [value] }) };
    const narrowed = Object.entries(needs).map(
      ([name, allowed]) => [name, this.left(name).filter((other) => allowed.includes(other))] as const,
    );
    if (narrowed.some(([, left]) => left.length === 0)) return;
    const before = { ...this.open };
    for (const [name, left] of narrowed) this.open[name] = left;
    if (this.contradicts()) Object.assign(this.open, before);
    else this.values[dimension] = value;
  }

  /** Every base decided, what is plain left out. */
  finished(): Record<string, string> {
    for (const name of [...Object.keys(BASES), 'message']) {
      if (this.values[name] !== undefined) continue;
      const left = this.left(name);
      const pick = name === 'message' ? (left.includes('call') ? 'call' : this.any(left)) : this.weighted(left);
      this.take(name, pick);
      this.values[name] ??= pick;
    }
    return this.values;
  }

  /** What no single need says: not every server speaks every era, and an official client says only what it can say. */
  private contradicts(): boolean {
    const only = (name: string, ...values: string[]) => this.left(name).every((value) => values.includes(value));
    if (only('server', 'sdk-v1', 'express') && only('era', 'modern')) return true;
    if (only('client', 'sdk-v1') && only('era', 'modern')) return true;
    return !this.left('client').includes('raw') && only('era', 'batches');
  }

  private left(name: string): readonly string[] {
    const all = this.open[name] ?? [];
    if (name === 'era') {
      const legacyOnly = this.is('server', 'sdk-v1', 'express') || this.is('client', 'sdk-v1');
      return all.filter((era) => !(legacyOnly && era === 'modern') && !(this.is('client', 'sdk-v1', 'sdk-v2') && era === 'batches'));
    }
    if (name === 'server' && this.is('era', 'modern')) return all.filter((server) => server !== 'sdk-v1' && server !== 'express');
    if (name === 'client' && this.is('era', 'modern')) return all.filter((client) => client !== 'sdk-v1');
    if (name === 'client' && this.is('era', 'batches')) return all.filter((client) => client === 'raw');
    return all;
  }

  private is(name: string, ...values: string[]): boolean {
    return (this.open[name] ?? []).every((value) => values.includes(value));
  }

  private any(values: readonly string[]): string {
    return values[between(this.random, 0, values.length)] as string;
  }

  private weighted(values: readonly string[]): string {
    let rest = this.random() * values.reduce((sum, value) => sum + (WEIGHTS[value] ?? 1), 0);
    const found = values.find((value) => {
      rest -= WEIGHTS[value] ?? 1;
      return rest < 0;
    });
    return found ?? (values.at(-1) as string);
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let at = order.length - 1; at > 0; at--) {
    const other = between(random, 0, at + 1);
    [order[at], order[other]] = [order[other] as T, order[at] as T];
  }
  return order;
}

/** What is right for a request of this case, all its dimensions together. */
export function expectationOf({ values }: Case, names: readonly string[]): Expectation {
  const all = names.map((name) => DIMENSIONS[name]?.[values[name] ?? '']?.expect ?? 'same');
  if (all.includes('refused')) return 'refused';
  if (all.includes('either')) return 'either';
  return all.includes('accepted') ? 'accepted' : 'same';
}
