import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** Writes one JSON line per event on stdout. Callers hand in facts only: never a token, a secret or an argument value. */
export function openLog(facts: Readonly<Record<string, string>>, destination: DestinationStream = pino.destination(1)): Logger {
  return pino(
    {
      base: facts,
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}
