import { stripVTControlCharacters } from 'node:util';
import type { Paint } from '../core/paint';

/** Where lines go and how they look. Results are stdout's, the story around them is stderr's when a program reads stdout. */
export interface Terminal {
  result(line: string): void;
  narrate(line: string): void;
  readonly paint: Paint;
}

/** @param json whether stdout belongs to JSON alone */
export function terminal(json: boolean, environment: NodeJS.ProcessEnv = process.env): Terminal {
  const story = json ? process.stderr : process.stdout;
  return {
    result: (line) => void process.stdout.write(`${json ? line.replaceAll(ACTING, escaped) : printable(line)}\n`),
    narrate: (line) => void story.write(`${printable(line)}\n`),
    paint: painted(wantsColour(story, environment)),
  };
}

/** Our own colours; whatever else begins with ESC was said by somebody else. */
const PAINTED = new RegExp(`(${String.fromCharCode(27)}\\[(?:1|2|22|31|32|33|39)m)`);
/** Controls but for tab and line feed, and what reverses the direction of text (Unicode, UAX 9): they would act on the terminal. */
const ACTING = /(?![\t\n])[\p{Cc}\p{Bidi_Control}]/gu;

/** Text for a terminal. Much of it is what servers and agents have said: it is shown, and does nothing. */
export function printable(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .split(PAINTED)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(ACTING, picture)))
    .join('');
}

/** A line that somebody else has written, by itself: without the colours and other sequences that it would act with. */
export function plain(line: string): string {
  return stripVTControlCharacters(line)
    .replaceAll(/[\t\r\n]+/g, ' ')
    .replaceAll(ACTING, picture)
    .trimEnd();
}

/** As JSON writes a character that is not to be seen. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The control pictures of Unicode begin at U+2400. */
function picture(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
}

/** Colour on a terminal only; `FORCE_COLOR` and `NO_COLOR` (no-color.org) decide before that, and CI logs stay plain. */
function wantsColour(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return environment.FORCE_COLOR !== '0';
  return stream.isTTY === true && !environment.CI && environment.TERM !== 'dumb';
}

function painted(colour: boolean): Paint {
  const style = (open: number, close: number) => (text: string) => (colour ? `\x1b[${open}m${text}\x1b[${close}m` : text);
  return { bold: style(1, 22), dim: style(2, 22), green: style(32, 39), red: style(31, 39), yellow: style(33, 39) };
}

/** Columns as wide as their widest cell. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [header, ...rows.map((row) => row.map((cell) => cell.replaceAll(/\s+/g, ' ')))]; // a row is a line, whatever it says
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
