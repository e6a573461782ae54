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

/** Whether a double, written as JavaScript writes it, is exactly this number. */
export function isExactDouble(text: string): boolean {
  return exactNumber(text) === exactNumber(String(Number(text)));
}

/** Not by a pattern: `0+$` is quadratic on digits that are mostly zeros. */
function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
