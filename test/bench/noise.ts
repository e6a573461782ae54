import { createHash } from 'node:crypto';

/** Work that is always the same takes the longer, the more others do on this machine. @returns milliseconds */
export function calibrate(): number {
  const beganAt = performance.now();
  let bytes: Buffer = Buffer.from('the same each time');
  for (let turn = 0; turn < 40_000; turn++) bytes = createHash('sha256').update(bytes).digest();
  return performance.now() - beganAt;
}
