const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * The exact value of a JSON number in one spelling: sign, digits without zeros at either end, and the power of ten of the last one.
 * `1`, `1.0` and `10e-1` are the same; `-0`, `1e-400` and digits that a double would drop are not. An exponent is never expanded.
 */
export function exactNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = PARTS.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = trimZeros(digits);
  if (significant === '') return `${sign}0`;
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${power}`;
}

/** -1 where the first JSON number is less than the second, by their exact values; 1 where it is more; zero has no sign here. */
export function compareNumbers(one: string, other: string): number {
  const [a, b] = [scientific(one), scientific(other)];
  if (a.sign !== b.sign) return a.sign < b.sign ? -1 : 1;
  if (a.size !== b.size) return (a.size < b.size ? -1 : 1) * a.sign;
  const length = Math.max(a.digits.length, b.digits.length);
  const [x, y] = [a.digits.padEnd(length, '0'), b.digits.padEnd(length, '0')];
  return x === y ? 0 : (x < y ? -1 : 1) * a.sign;
}

/** `0.digits` times ten to the power of `size`. */
function scientific(text: string): { readonly sign: number; readonly digits: string; readonly size: bigint } {
  const [, minus = '', digits = '', power = ''] = /^(-?)(\d+)e(-?\d+)$/.exec(exactNumber(text)) ?? [];
  if (digits === '') return { sign: 0, digits: '', size: 0n };
  return { sign: minus === '-' ? -1 : 1, digits, size: BigInt(power) + BigInt(digits.length) };
}

/** Whole numbers that every double holds; of zero only the sign is lost. */
const SHORT = /^-?[1-9]\d{0,14}$/;

/** Whether a double, written as JavaScript writes it, is exactly this number. */
export function isExactDouble(text: string): boolean {
  return text === '0' || SHORT.test(text) || exactNumber(text) === exactNumber(String(Number(text)));
}

/** Not by a pattern: `0+$` is quadratic on digits that are mostly zeros. */
function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
