/** How often it is said how far a long reading has come, in milliseconds. */
const EVERY_MS = 2_000;

/** Says on stderr how far a reading has come, as long as it takes. @param how what is true now, in words */
export function sayProgress(how: () => string): { end(): void } {
  const timer = setInterval(() => process.stderr.write(`no index answers this: ${how()}\n`), EVERY_MS).unref();
  return { end: () => clearInterval(timer) };
}
