import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const TICKS_PER_SECOND = 100;

/** What a process has taken of the machine. */
export interface Usage {
  /** Seconds of CPU, its own and the kernel's for it, of all its threads (proc(5), stat: utime, stime). */
  readonly cpu: number;
  /** KiB that are resident (proc(5), status: VmRSS). */
  readonly kib: number;
}

export function usageOf(pid: number): Usage {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return { cpu: cpuOf(pid), kib: Number(kib) };
}

function cpuOf(pid: number): number {
  const fields = fieldsOf(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Those of proc(5), stat, behind the name, which may hold anything. */
function fieldsOf(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** How busy the machine is, and how much of it is this bench's doing. */
export class Others {
  private readonly family: readonly number[];
  private readonly beganAt = performance.now();
  private readonly before: number;

  /** Begins to watch. @param ancestor of all processes of the bench */
  constructor(ancestor: number) {
    this.family = descendants(ancestor);
    this.before = this.foreignSeconds();
  }

  /** The share of all cores that others have had since. */
  share(): number {
    const seconds = (performance.now() - this.beganAt) / 1000;
    return Math.max(0, (this.foreignSeconds() - this.before) / (seconds * cpus().length));
  }

  private foreignSeconds(): number {
    return busySeconds() - this.family.reduce((sum, pid) => sum + cpuOf(pid), 0);
  }
}

/** Of all cores, by whomever, and what a hypervisor has taken away (proc(5), /proc/stat). */
function busySeconds(): number {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

function descendants(ancestor: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) noteParent(Number(name), parents);
  const isOurs = (pid: number | undefined): boolean => pid !== undefined && (pid === ancestor || isOurs(parents.get(pid)));
  return [...parents.keys()].filter(isOurs);
}

function noteParent(pid: number, parents: Map<number, number>): void {
  try {
    parents.set(pid, Number(fieldsOf(pid)[1]));
  } catch {
    // it has ended since
  }
}
