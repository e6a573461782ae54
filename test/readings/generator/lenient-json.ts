/** How a lenient parser reads what others refuse. */
export interface Leniency {
  /** Which of two members of one name counts. */
  readonly duplicates: 'first' | 'last';
  /** Names of the protocol are found in any case, as Go's encoding/json and Jackson's case-insensitive mode do. */
  readonly folds: boolean;
}

/** Names that a case-folding server looks for. */
const NAMES = ['jsonrpc', 'id', 'method', 'params', 'name', 'arguments', '_meta', 'mark', 'amount', 'reference'];

/**
 * Parses as the most generous server would: comments, single quotes left aside, trailing commas, NaN, text behind the value, any
 * depth that its stack allows.
 * @throws SyntaxError where even that does not help
 */
export function parseLeniently(text: string, leniency: Leniency): unknown {
  return new Parser(text.replace(/^\ufeff/, ''), leniency).value();
}

class Parser {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly leniency: Leniency,
  ) {}

  value(): unknown {
    this.space();
    const char = this.text[this.at];
    if (char === '{') return this.object();
    if (char === '[') return this.array();
    if (char === '"') return this.string();
    const word = /^[-+.\w]+/.exec(this.text.slice(this.at, this.at + 400))?.[0];
    if (word === undefined) throw new SyntaxError(`unexpected ${char ?? 'end'} at ${this.at}`);
    this.at += word.length;
    if (word === 'true' || word === 'false') return word === 'true';
    if (word === 'null') return null;
    const number = Number(word);
    if (Number.isNaN(number) && word !== 'NaN') throw new SyntaxError(`unexpected ${word}`);
    return number;
  }

  private object(): Record<string, unknown> {
    const object: Record<string, unknown> = Object.create(null);
    this.at++;
    for (this.space(); this.text[this.at] !== '}'; this.comma()) {
      const name = this.nameOf(this.string());
      this.space();
      if (this.text[this.at++] !== ':') throw new SyntaxError(`no colon at ${this.at}`);
      const value = this.value();
      if (this.leniency.duplicates === 'last' || !(name in object)) object[name] = value;
    }
    this.at++;
    return object;
  }

  private array(): unknown[] {
    const array: unknown[] = [];
    this.at++;
    for (this.space(); this.text[this.at] !== ']'; this.comma()) array.push(this.value());
    this.at++;
    return array;
  }

  private string(): string {
    this.space();
    const literal = /"(?:[^"\\]|\\[\s\S])*"/y;
    literal.lastIndex = this.at;
    const found = literal.exec(this.text)?.[0];
    if (found === undefined) throw new SyntaxError(`no string at ${this.at}`);
    this.at += found.length;
    return unquoted(found);
  }

  /** Behind a value comes a comma, or the end of what holds it. */
  private comma(): void {
    this.space();
    if (this.at >= this.text.length) throw new SyntaxError('it ends within a value');
    if (this.text[this.at] === ',') this.at++;
    this.space();
  }

  private space(): void {
    const blank = /(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*)*/y;
    blank.lastIndex = this.at;
    this.at += blank.exec(this.text)?.[0].length ?? 0;
  }

  private nameOf(written: string): string {
    if (!this.leniency.folds) return written;
    const folded = fold(written);
    return NAMES.find((name) => name === folded) ?? written;
  }
}

/** The text of a string literal, control characters and all. */
function unquoted(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    const escaped = [...literal].map((char) => (char < ' ' ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : char));
    return JSON.parse(escaped.join('')) as string;
  }
}

/** Unicode simple case folding, as far as the names of the protocol go: ſ (U+017F) is an s, K (U+212A) is a k. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll('\u017f', 's').replaceAll('\u212a', 'k');
}
