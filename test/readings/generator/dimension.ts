/** The issue of every dimension: what is right, in one word. */
export type Expectation =
  /** What an SDK server accepts directly arrives with the same value. */
  | 'same'
  /** It arrives although an SDK server may refuse it. */
  | 'accepted'
  /** Nothing of it is executed, and its caller is told. */
  | 'refused'
  /** Both are right. */
  | 'either';

/** Values that other dimensions must have for this one to mean anything. */
export type Needs = Readonly<Record<string, readonly string[]>>;

/** One way in which a case may differ from a plain one. */
export interface Value<Subject> {
  /** Kind of the failure that it looks for, where there is one: the heading in docs/readings.md. */
  readonly kind?: string;
  readonly expect: Expectation;
  readonly needs?: Needs;
  readonly act: (subject: Subject) => void;
}

export type Dimension<Subject> = Readonly<Record<string, Value<Subject>>>;

/** A table of one dimension in which all values need the same. */
export function dimension<Subject>(needs: Needs, values: Dimension<Subject>): Dimension<Subject> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { ...value, needs: { ...needs, ...value.needs } }]));
}
