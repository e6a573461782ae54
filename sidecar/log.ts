import { type DestinationStream, type Logger, pino } from 'pino';
import { LOG_SHAPE } from '../core/log-shape';
import type { LeakGuard } from '../core/secrets/leak-guard';

export type { Logger };

/** Writes one JSON line per event on stdout. Callers hand in facts only: never a token, a secret or an argument value. */
export function openLog(facts: Readonly<Record<string, string>>, destination: DestinationStream = guardedOutput()): Logger {
  return pino({ ...LOG_SHAPE, base: facts, messageKey: 'event' }, destination);
}

/** Stdout without what a server has written into what is told of it, such as the last words of a child. */
export function guardedOutput(guard?: LeakGuard): DestinationStream {
  const output = pino.destination(1);
  return guard === undefined ? output : { write: (line) => output.write(guard.mask(line)) };
}
