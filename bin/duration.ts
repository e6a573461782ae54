import { InvalidArgumentError } from 'commander';

const SECONDS = { s: 1, m: 60, h: 3600 } as const;

/** Seconds of `90s`, `15m` or `1h`, up to a day. */
export const duration = durationWithin('1s', '24h');

/** The same between two durations. */
export function durationWithin(least: string, most: string): (text: string) => number {
  const [from, to] = [secondsOf(least), secondsOf(most)];
  return (text) => {
    const seconds = secondsOf(text);
    if (seconds >= from && seconds <= to) return seconds;
    throw new InvalidArgumentError(`"${text}" is not a duration from ${least} to ${most}; write such as 90s, 15m or 1h.`);
  };
}

function secondsOf(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  return Number(amount) * SECONDS[unit as keyof typeof SECONDS];
}
