/** One shape for the lines of all programs, as pino options: a level word, an ISO time, and `event`, which says what happened. */
export const LOG_SHAPE = {
  timestamp: (): string => `,"time":"${new Date().toISOString()}"`,
  formatters: { level: (label: string): { level: string } => ({ level: label }) },
};
