/** Where the records of the archive stand: in objects that hold some of them each, in the order of the chain. */

/** The objects are numbered from 1; the newest comes first in a listing, which is the only order that S3 has. */
const LARGEST = 999_999_999_999;
const PREFIX = 'records/';
const KEY = /^records\/(\d{12})\.jsonl$/;

/** @param number of an object in the chain, from 1 */
export function segmentKey(number: number): string {
  return `${PREFIX}${String(LARGEST - number).padStart(12, '0')}.jsonl`;
}

/** Undefined for what is no object of the chain. */
export function segmentNumber(key: string): number | undefined {
  const [, digits] = KEY.exec(key) ?? [];
  return digits === undefined ? undefined : LARGEST - Number(digits);
}

export const SEGMENT_PREFIX = PREFIX;

/** Says that a batch of the stream was begun, and from which object on it may stand in the chain. @param eventId of its first record */
export function receiptKey(eventId: string): string {
  return `receipts/${eventId}.json`;
}
