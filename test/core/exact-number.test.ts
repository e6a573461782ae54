import { describe, expect, test } from '@jest/globals';
import { exactNumber, isExactDouble } from '../../core/exact-number';
import { Dice } from './dice';

/** The value as a fraction of whole numbers, worked out another way. */
function fractionOf(text: string): [bigint, bigint] {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const power = Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  return power >= 0 ? [digits * 10n ** BigInt(power), 1n] : [digits, 10n ** BigInt(-power)];
}

function spelling(dice: Dice): string {
  const digits = (length: number): string => Array.from({ length }, () => dice.integer(0, 3)).join('');
  const whole = dice.chance(0.3) ? '0' : `${dice.integer(1, 9)}${digits(dice.integer(0, 3))}`;
  const fraction = dice.chance(0.5) ? `.${digits(dice.integer(1, 4))}` : '';
  const exponent = dice.chance(0.5) ? `${dice.pick(['e', 'E'])}${dice.pick(['', '+', '-'])}${dice.integer(0, 4)}` : '';
  return `${dice.chance(0.2) ? '-' : ''}${whole}${fraction}${exponent}`;
}

describe('exactNumber', () => {
  test('is the same for two spellings exactly where their values are, over 40,000 pairs', () => {
    const dice = new Dice(3);
    let same = 0;
    for (let i = 0; i < 40_000; i++) {
      const [a, b] = [spelling(dice), spelling(dice)];
      const [[an, ad], [bn, bd]] = [fractionOf(a), fractionOf(b)];
      const negativeZero = (text: string, value: bigint): boolean => value === 0n && text.startsWith('-');
      const equal = an * bd === bn * ad && negativeZero(a, an) === negativeZero(b, bn);
      if (equal) same++;
      if ((exactNumber(a) === exactNumber(b)) !== equal) throw new Error(`${a} against ${b}: ${equal}`);
    }
    expect(same).toBeGreaterThan(100);
  });

  test('never expands an exponent', () => {
    expect(exactNumber('1e999999999999999999999999')).toBe('1e999999999999999999999999');
    expect(exactNumber(`1${'0'.repeat(500)}e-500`)).toBe('1e0');
  });

  test.each([
    ['1', true],
    ['1.0', true],
    ['10e-1', true],
    ['0.1', true],
    ['-0', false],
    ['1e-400', false],
    ['100.00000000000000000001', false],
    ['0.1000000000000000055511151231257827', false],
  ])('says whether a double is %s', (text, exact) => {
    expect(isExactDouble(text)).toBe(exact);
  });
});
