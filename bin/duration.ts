import { InvalidArgumentError } from 'commander';

const SECONDS = { s: 1, m: 60, h: 3600 } as const;
const LONGEST = 24 * SECONDS.h;

/** Seconds of `90s`, `15m` or `1h`. */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const seconds = Number(amount) * SECONDS[unit as keyof typeof SECONDS];
  if (!(seconds >= 1 && seconds <= LONGEST)) {
    throw new InvalidArgumentError(`"${text}" is not a duration from 1s to 24h; write such as 90s, 15m or 1h.`);
  }
  return seconds;
}
