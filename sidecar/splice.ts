import { findMember, type Span, skipSpace } from '../core/json-members';

/**
 * Replaces one nested value of a JSON object text and leaves every other byte as it is, numbers that a double cannot hold included.
 * @param path member names from the outermost object inwards
 * @returns undefined where the text does not hold the member under exactly that spelling
 */
export function spliceValue(text: string, path: readonly string[], value: unknown): string | undefined {
  let span: Span = { start: skipSpace(text, 0), end: text.length };
  for (const name of path) {
    const found = text[span.start] === '{' ? findMember(text, span.start, name) : undefined;
    if (found === undefined) return undefined;
    span = found;
  }
  return text.slice(0, span.start) + JSON.stringify(value) + text.slice(span.end);
}
