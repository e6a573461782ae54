/** How words look where they are printed. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
}

/** What acts on a terminal, or is not seen: controls, line ends, what reverses text (UAX 9), and characters without width. */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\u200b-\u200d\u2060\ufeff\u2028\u2029\u{e0000}-\u{e007f}]/gu;

/** What somebody else has said, as a part of a line of ours: it neither begins another nor has a colour. */
export function inline(text: string): string {
  return text.replaceAll(UNSEEN, (character) => {
    const code = character.codePointAt(0) as number;
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
  });
}

export function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** In its largest unit. */
export function age(milliseconds: number): string {
  const [unit, length] = UNITS.find(([, shortest]) => milliseconds >= shortest) ?? [];
  if (unit === undefined || length === undefined) return seconds(Math.max(0, milliseconds));
  const count = Math.floor(milliseconds / length);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
