import { endOfString } from '../json-members';

/**
 * Writes a well-formed JSON text in the one way that every parser reads alike: no space, every string escaped as
 * `JSON.stringify` does, every number as it was written, for a decimal has digits that a double would lose.
 */
export function canonicalText(text: string): string {
  let written = '';
  let from = 0;
  let nextEscape = text.indexOf('\\');
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22) {
      const close = endOfString(text, at);
      if (nextEscape !== -1 && nextEscape < at) nextEscape = text.indexOf('\\', at);
      if (nextEscape !== -1 && nextEscape < close) {
        written += text.slice(from, at) + JSON.stringify(JSON.parse(text.slice(at, close + 1)));
        from = close + 1;
      }
      at = close;
    } else if (char === 0x20 || char === 0x0a || char === 0x0d || char === 0x09) {
      written += text.slice(from, at);
      from = at + 1;
    }
  }
  return written + text.slice(from);
}
