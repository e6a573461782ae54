import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Answer } from './exchange';

/** Clocks that differ by less are none the reason of a refusal (the SDK's bound), in milliseconds. */
const SKEW_MS = 240_000;
/** An answer that took longer says nothing of the time now (the SDK's bound), in milliseconds. */
const STALE_MS = 900_000;

/**
 * Keeps the SDK's clock by the `Date` of each answer, as the SDK does. Whether the request may have been refused for its time alone
 * and is worth another attempt.
 * @param sent when, by our own clock, and with which offset
 */
export function correctClock(config: DynamoDBClient['config'], { headers }: Answer, sent: { at: number; offset: number }): boolean {
  const now = Date.now();
  const theirs = Date.parse(headers.date ?? '');
  if (Number.isNaN(theirs) || now - sent.at > STALE_MS || headers.age !== undefined) return false;
  config.systemClockOffset = theirs - now;
  return Math.abs(theirs - now) >= SKEW_MS && theirs - now !== sent.offset;
}
