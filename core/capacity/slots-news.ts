/** What an instance says of its slots. */
export interface SlotsNews {
  readonly inUse: number;
  readonly capacity: number;
  /** `outdated`: a deployment takes its place, and it takes nothing new unless there is no other; `closed`: it stops, and takes nothing. */
  readonly state: 'open' | 'outdated' | 'closed';
}

/** Longest text of such news, in characters: two numbers and a word. */
export const SLOTS_TEXT_LIMIT = 32;

const SLOTS_TEXT = /^(\d{1,7})\/(\d{1,7})(?: (outdated|closed))?$/;

/** As it stands in a header and on a line of a stream: `37/100`, or `37/100 closed`. */
export function slotsText({ inUse, capacity, state }: SlotsNews): string {
  return `${inUse}/${capacity}${state === 'open' ? '' : ` ${state}`}`;
}

/** Undefined for what no sidecar says. */
export function readSlots(text: string): SlotsNews | undefined {
  const [, inUse, capacity, state = 'open'] = SLOTS_TEXT.exec(text) ?? [];
  return inUse === undefined ? undefined : { inUse: Number(inUse), capacity: Number(capacity), state: state as SlotsNews['state'] };
}
