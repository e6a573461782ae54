import type { Case } from './generator/case';
import { deviations, type PropertyName, type Violation } from './properties/observation';

/** A case that fails, and does so again. */
export interface Finding {
  readonly property: PropertyName;
  readonly detail: string;
  /** As it was generated. */
  readonly subject: Case;
  /** Made plainer; the same where that was not tried. */
  readonly shrunk: Case;
  /** Cases that fail in the same property for the same deviation. */
  readonly alike: number;
}

/** A case that failed once, and not again. */
export interface Passing {
  readonly subject: Case;
  readonly violation: Violation;
}

/** Whether all that is odd about one case is odd about the other, too. */
export function isPlainer(plainer: Case, other: Case): boolean {
  return deviations(plainer).every((deviation) => deviations(other).includes(deviation)) && deviations(plainer).length > 0;
}
