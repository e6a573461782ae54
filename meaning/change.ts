/** For review: `widens` allows more, `narrows` less; `breaks` refuses or ends what worked, and neither allows more nor less. */
export const SEVERITIES = ['widens', 'breaks', 'narrows', 'changes'] as const;
export type Severity = (typeof SEVERITIES)[number];

export type MeaningKind =
  | 'fleet'
  | 'server'
  | 'agent'
  | 'grant'
  | 'identity'
  | 'edge'
  | 'policy'
  | 'secret'
  | 'permission'
  | 'capacity'
  | 'runtime'
  | 'audit'
  | 'alarm'
  | 'untold';

/** One thing that a fleet's next version means otherwise. Texts are for people; of secrets and environments they hold names only. */
export interface MeaningChange {
  readonly kind: MeaningKind;
  readonly severity: Severity;
  /** Name of the fleet; its construct path where two fleets have one name. */
  readonly fleet: string;
  readonly server?: string;
  readonly agent?: string;
  /** What is otherwise: `sessions per instance`. */
  readonly what: string;
  /** Absent where it is new. */
  readonly before?: string;
  /** Absent where it is gone. */
  readonly after?: string;
  /** What worked before and will not: with `narrows` as a rule, with `breaks` always. */
  readonly breaks?: string;
}

/** A change of which it is not said yet where. */
export type Draft = Omit<MeaningChange, 'fleet' | 'server'> & { readonly server?: string };

/** What a change is about. */
export type About = Pick<Draft, 'kind' | 'what' | 'agent' | 'server'>;

/** How bad it is when one value takes another's place. */
export interface Judgement {
  readonly severity: Severity;
  readonly breaks?: string;
}

const NEUTRAL: Judgement = { severity: 'changes' };

/** One value in place of another; nothing where they are the same. */
export function valueChange(about: About, before: string, after: string, judgement: Judgement = NEUTRAL): Draft[] {
  return before === after ? [] : [{ ...about, ...judgement, before, after }];
}

/** Something that is, or is not: `more` says whether having it allows more or less. */
export function flagChange(about: About, before: boolean, after: boolean, more: 'widens' | 'narrows' | 'changes', gone?: string): Draft[] {
  const opposite = { widens: 'narrows', narrows: 'widens', changes: 'changes' } as const;
  const severity = after ? more : opposite[more];
  const breaks = severity === 'narrows' && gone !== undefined ? { breaks: gone } : {};
  return valueChange(about, before ? 'yes' : 'no', after ? 'yes' : 'no', { severity, ...breaks });
}

/** Whether what is allowed by one entry is allowed by another, too. */
export type Covers = (wide: string, narrow: string) => boolean;

/**
 * What is allowed, as a list: whatever comes in widens, whatever goes narrows. Another in place of one is both, so that a review of
 * what widens sees it.
 */
export function allowedChanges(
  about: About,
  before: readonly string[],
  after: readonly string[],
  breaks?: string,
  covers: Covers = (wide, narrow) => wide === narrow,
): Draft[] {
  const beyond = (entries: readonly string[], of: readonly string[]) =>
    entries.filter((entry) => !of.some((other) => covers(other, entry)));
  const come = beyond(after, before);
  const gone = beyond(before, after);
  const told: Draft[] = [];
  if (come.length > 0) told.push({ ...about, severity: 'widens', after: come.join(', ') });
  if (gone.length > 0) told.push({ ...about, severity: 'narrows', before: gone.join(', '), ...(breaks !== undefined && { breaks }) });
  return told;
}

/** Compares what both sides tell. What one of them does not tell is said, and never guessed. */
export function ifTold<T>(
  about: Omit<About, 'kind'>,
  before: T | undefined,
  after: T | undefined,
  compare: (before: T, after: T) => Draft[],
): Draft[] {
  if (before !== undefined && after !== undefined) return compare(before, after);
  if (before === undefined && after === undefined) return [];
  const side = before === undefined ? 'before' : 'after';
  return [{ ...about, kind: 'untold', severity: 'changes', [side]: `not told by the version ${side}` }];
}
