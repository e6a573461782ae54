const [PERCENT, BACKSLASH, U] = [0x25, 0x5c, 0x75];
/** What a hexadecimal digit is worth; 255 for any other byte. */
const WORTH = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase());
  return digit < 0 ? 255 : digit;
});

/**
 * Bytes as `%41` and `\\u0041` mean them, however often they are escaped; undefined where there can be none. Less exact than `Unescaping`, and
 * quick: of what one byte each was escaped, an escape may come out.
 * @param leavesSlashes whether backslashes are left out, too
 */
export function withoutEscapes(bytes: Uint8Array, leavesSlashes = false): Uint8Array | undefined {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [isSlashed, isPercent] = [source.includes(leavesSlashes ? '\\' : '\\u'), source.includes(PERCENT)];
  if (!isSlashed && !isPercent) return undefined;
  const meant = new Uint8Array(source.length);
  let length = 0;
  for (const byte of source) {
    meant[length++] = byte;
    if (WORTH[byte] !== 255) length = undo(meant, length);
  }
  const text = meant.subarray(0, length);
  return leavesSlashes && isSlashed ? text.filter((byte) => byte !== BACKSLASH) : text;
}

/** Puts in the place of an escape that ends here what it means. @returns the length that is left */
function undo(meant: Uint8Array, length: number): number {
  if (meant[length - 3] === PERCENT && isHex(meant, length - 2)) {
    meant[length - 3] = hexAt(meant, length - 2, 2);
    return length - 2;
  }
  if (meant[length - 5] !== U || meant[length - 6] !== BACKSLASH || !isHex(meant, length - 4, 3)) return length;
  let start = length - 6;
  while (meant[start - 1] === BACKSLASH) start--;
  for (const byte of Buffer.from(String.fromCharCode(hexAt(meant, length - 4, 4)))) meant[start++] = byte;
  return start;
}

function isHex(bytes: Uint8Array, at: number, count = 1): boolean {
  for (let index = at; index < at + count; index++) if (WORTH[bytes[index] as number] === 255) return false;
  return true;
}

function hexAt(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) value = value * 16 + (WORTH[bytes[index] as number] as number);
  return value;
}
