import { type DestinationStream, type Logger, pino } from 'pino';
import { LOG_SHAPE } from '../core/log-shape';

export type { Logger };

/** Writes one JSON line per event on stdout. Callers hand in facts only: never a token, a secret or an argument value. */
export function openLog(facts: Readonly<Record<string, string>>, destination: DestinationStream = pino.destination(1)): Logger {
  return pino({ ...LOG_SHAPE, base: facts, messageKey: 'event' }, destination);
}
