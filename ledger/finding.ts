import type { LedgerRow } from './row';
import type { JudgedResponse } from './verdict';

/** A way to find out: its instance, the server that takes the same call for a repetition, the declared read. */
export type Way = 'instance' | 'same_key' | 'reconcile';

/** What can be found of a call whose answer was lost. */
export type Finding =
  /** The call's answer, or a stand-in for it where only its effect is known. */
  | { readonly kind: 'answer'; readonly answer: JudgedResponse; readonly by: Way; readonly because: string }
  /** It still runs at its instance. */
  | { readonly kind: 'running' }
  /** Nothing happened, and nothing can any more. */
  | { readonly kind: 'not_landed'; readonly by: Way; readonly because: string }
  /** Nothing is shown. `until`: when another look may show more, in milliseconds since the epoch; absent where none ever will. */
  | { readonly kind: 'none'; readonly until?: number };

export const NOTHING: Finding = { kind: 'none' };

/** Goes one way, when the ones before it have shown nothing; undefined where it is not open for this call. */
export type Seek = (row: LedgerRow) => Promise<Finding | undefined>;
