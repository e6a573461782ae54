import { isIP } from 'node:net';
import { invalid } from './invalid-argument';

/** What `Fn::Cidr` gives: the first blocks of an address block, each with as many bits for its own addresses. */
export function subnetsOf(block: string, count: number, bits: number, path: string): string[] {
  const [address = '', prefix = ''] = block.split('/');
  const size = { 0: 0, 4: 32, 6: 128 }[isIP(address) as 0 | 4 | 6];
  const isBlock = size > 0 && /^\d+$/.test(prefix) && Number(prefix) <= size;
  if (!isBlock) throw invalid(path, JSON.stringify(block), 'an address block, such as 10.0.0.0/16');
  const free = size - Number(prefix);
  if (!Number.isInteger(bits) || bits < 1 || bits > free) throw invalid(path, `${bits} bits in ${block}`, `1 to ${free}`);
  const most = Math.min(256, 2 ** (free - bits));
  if (!Number.isInteger(count) || count < 1 || count > most) throw invalid(path, `${count} blocks of ${block}`, `1 to ${most}`);
  const first = (numberOf(address) >> BigInt(free)) << BigInt(free);
  return Array.from({ length: count }, (_, i) => `${textOf(first + (BigInt(i) << BigInt(bits)), size)}/${size - bits}`);
}

function numberOf(address: string): bigint {
  if (isIP(address) === 4) return joined(address.split('.').map(Number), 8n);
  const [head = [], tail = []] = hostOf(address)
    .split('::')
    .map((part) => part.split(':').filter(Boolean));
  const between = Array<string>(8 - head.length - tail.length).fill('0');
  return joined(
    [...head, ...between, ...tail].map((group) => Number.parseInt(group, 16)),
    16n,
  );
}

function joined(groups: readonly number[], bits: bigint): bigint {
  return groups.reduce((sum, group) => (sum << bits) + BigInt(group), 0n);
}

function textOf(number: bigint, size: number): string {
  const group = (bits: bigint, at: number): number => Number((number >> (BigInt(at) * bits)) & ((1n << bits) - 1n));
  if (size === 32) return [3, 2, 1, 0].map((at) => group(8n, at)).join('.');
  return hostOf([7, 6, 5, 4, 3, 2, 1, 0].map((at) => group(16n, at).toString(16)).join(':'));
}

/** In its shortest form (RFC 5952), as a URL has it. */
function hostOf(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
