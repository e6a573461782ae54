import { readFileSync, writeFileSync } from 'node:fs';

const MIB = 1024 * 1024;

/** The most memory that a process has had at a time since {@link forgetPeak}, in MiB (proc(5), VmHWM). */
export function peakMib(pid: number): number {
  const [, kib = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round((Number(kib) * 1024) / MIB);
}

/** Starts anew from what the process has now (proc(5), clear_refs). */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** How often a replica answered its health check, and the longest that it took, in milliseconds. */
export interface Pulse {
  readonly answers: number;
  readonly others: number;
  readonly longestMs: number;
}

const ASK_EVERY_MS = 50;

/** Asks a replica for its health again and again until stopped; no question is given up. */
export function watchHealth(url: string): () => Promise<Pulse> {
  let stopped = false;
  let [answers, others, longestMs] = [0, 0, 0];
  const asking = (async () => {
    do {
      const askedAt = performance.now();
      const status = await fetch(`${url}/healthz`).then(
        async (response) => {
          await response.text();
          return response.status;
        },
        () => 0,
      );
      if (status === 200) answers++;
      else others++;
      longestMs = Math.max(longestMs, Math.round(performance.now() - askedAt));
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    } while (!stopped);
  })();
  return async () => {
    stopped = true;
    await asking;
    return { answers, others, longestMs };
  };
}
