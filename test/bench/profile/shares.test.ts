import { expect, test } from '@jest/globals';
import { type CpuProfile, sharesOf } from './shares';

const SOURCE = ['// core/reading.ts', 'function read() {}', '// node_modules/undici/lib/pool.js', 'function dispatch() {}', ''].join('\n');

function profile(...spent: readonly (readonly [string, string, number, number])[]): CpuProfile {
  return {
    nodes: spent.map(([functionName, url, lineNumber], id) => ({ id, callFrame: { functionName, url, lineNumber } })),
    samples: spent.map((_, id) => id),
    timeDeltas: spent.map(([, , , time]) => time),
  };
}

test('time is told by whose code ran, and idleness is nobody’s', () => {
  const shares = sharesOf(
    profile(
      ['read', 'file:///index.js', 1, 10],
      ['dispatch', 'file:///index.js', 3, 20],
      ['(idle)', '', -1, 500],
      ['(garbage collector)', '', -1, 10],
      ['writev', '', -1, 40],
      ['onStreamRead', 'node:internal/stream_base_commons', 5, 15],
      ['update', 'node:internal/crypto/hash', 5, 5],
    ),
    SOURCE,
  );
  expect([...shares]).toEqual([
    ["the kernel's writes", 0.4],
    ['undici', 0.2],
    ['node:http and streams', 0.15],
    ['core/', 0.1],
    ['garbage', 0.1],
    ["Node's own", 0.05],
  ]);
});
