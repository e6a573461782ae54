import { endOfString } from '../../core/json-members';

/**
 * Spreads a canonical JSON text over lines, as `JSON.stringify(value, null, 2)` does, and leaves every number as it was written: a schema's
 * largest integer of 64 bits is none that a double holds.
 */
export function prettyJson(text: string): string {
  let written = '';
  let depth = 0;
  const line = (): string => `\n${'  '.repeat(depth)}`;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '"') {
      const close = endOfString(text, at);
      written += text.slice(at, close + 1);
      at = close;
    } else if (char === '{' || char === '[') {
      const isEmpty = text[at + 1] === '}' || text[at + 1] === ']';
      if (!isEmpty) depth++;
      written += isEmpty ? `${char}${text[++at]}` : `${char}${line()}`;
    } else if (char === '}' || char === ']') {
      depth--;
      written += `${line()}${char}`;
    } else if (char === ',') written += `,${line()}`;
    else written += char === ':' ? ': ' : char;
  }
  return written;
}
