import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** What a process has taken of the machine. */
export interface Usage {
  /** Seconds of CPU, its own and the kernel's for it, of all its threads (proc(5), stat: utime, stime). */
  readonly cpu: number;
  /** KiB that are resident (proc(5), status: VmRSS). */
  readonly kib: number;
}

export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return { cpu: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND, kib: Number(kib) };
}
