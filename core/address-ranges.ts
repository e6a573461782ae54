/** Whether whoever comes from one range of addresses comes from another, too. What is no IPv4 range by its digits is covered by itself and the world. */
export function coversAddress(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  const range = rangeOf(wide);
  if (range === undefined) return wide === '::/0' && narrow.includes(':') && !narrow.startsWith('<');
  const inner = rangeOf(narrow);
  if (inner !== undefined) return range.first <= inner.first && inner.last <= range.last;
  return wide === '0.0.0.0/0' && !narrow.includes(':');
}

function rangeOf(text: string): { readonly first: number; readonly last: number } | undefined {
  const [, address, bits] = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text) ?? [];
  if (address === undefined || bits === undefined) return undefined;
  const size = 2 ** (32 - Number(bits));
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = number - (number % size);
  return { first, last: first + size - 1 };
}
