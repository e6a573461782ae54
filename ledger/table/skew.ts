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
export function correctClock(config: DynamoDBClient['config'], answer: Answer, sent: { at: number; offset: number }): boolean {
  const now = Date.now();
  const theirs = Date.parse(headerOf(answer, 'date') ?? '');
  if (Number.isNaN(theirs) || now - sent.at > STALE_MS || headerOf(answer, 'age') !== undefined) return false;
  config.systemClockOffset = theirs - now;
  return Math.abs(theirs - now) >= SKEW_MS && theirs - now !== sent.offset;
}

function headerOf({ headers }: Answer, name: string): string | undefined {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const given = headers[at] as Buffer;
    if (given.length === name.length && given.toString('latin1').toLowerCase() === name)
      return (headers[at + 1] as Buffer).toString('latin1');
  }
  return undefined;
}
