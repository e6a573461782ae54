/** What a byte is taken for: spellings that mean the same are one symbol, so that each value is looked for in few forms. */
export const FOLDED: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => byte);

for (const [spelt, symbol] of [
  // JSON escapes a control character by a letter (RFC 8259 § 7), as often as texts stand in texts.
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
  ['\b', 'b'],
  ['\f', 'f'],
  // Both alphabets of base64 (RFC 4648 §§ 4, 5), and a space in a form (WHATWG URL § 5).
  ['+', ' '],
  ['-', ' '],
  ['_', '/'],
] as const)
  FOLDED[spelt.charCodeAt(0)] = symbol.charCodeAt(0);

export function folded(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => FOLDED[byte] as number);
}
