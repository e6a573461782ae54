/**
 * Whether a pattern covers a text. `*` stands for any run of characters, also for none and for slashes; every other character stands for
 * itself. Nothing is normalised and nothing can be escaped, so that there is one way to read a pattern.
 */
export function covers(pattern: string, text: string): boolean {
  const [head = '', ...parts] = pattern.split('*');
  const tail = parts.pop();
  if (tail === undefined) return pattern === text;
  if (!text.startsWith(head)) return false;
  let at = head.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at + tail.length <= text.length && text.endsWith(tail);
}
