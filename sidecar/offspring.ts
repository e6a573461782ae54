import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Environment variable by which whatever descends from a child is known, even where it has left the child's process group. */
const MARK_VARIABLE = 'MCP_FLEET_CHILD';
/** Every mark of this process, a sidecar or a local account, begins so. */
const OURS = randomUUID();
let marks = 0;
/** A process that was killed is gone at once, but for one that waits for a disk; in milliseconds between two looks, and looks. */
const LOOK_MS = 10;
const LOOKS = 500;

/** One child's process group, and what descends from the child elsewhere: a wrapper's server, a daemon. */
export class Offspring {
  readonly #mark = `${OURS}.${++marks}.`;

  /** @param uid of a user that nobody else is: whatever runs as that one is of this child, also where its environment cannot be read */
  constructor(private readonly uid?: number) {}

  /** What the child's environment has to hold. */
  get environment(): Readonly<Record<string, string>> {
    return { [MARK_VARIABLE]: this.#mark };
  }

  /** @param leader process id of the child, which leads a group of its own */
  signal(leader: number | undefined, name: NodeJS.Signals): void {
    if (leader !== undefined) send(-leader, name);
    for (const pid of this.#elsewhere()) send(pid, name);
  }

  /** Whether anything of it runs. */
  lives(leader: number | undefined): boolean {
    if (this.#elsewhere().length > 0) return true;
    if (leader === undefined || !send(-leader, 0)) return false;
    // A process that is dead and that nobody has reaped is still one of its group.
    return !existsSync('/proc/self/stat') || processes().some((pid) => isOfGroup(pid, leader));
  }

  /** Kills it, and what it still starts meanwhile, until nothing of it runs. */
  async end(leader: number): Promise<void> {
    for (let looks = 0; looks < LOOKS && this.lives(leader); looks++) {
      this.signal(leader, 'SIGKILL');
      await delay(LOOK_MS);
    }
  }

  #elsewhere(): number[] {
    return this.uid === undefined ? carriersOf(this.#mark) : processesOf(this.uid);
  }

  /** What stands in the environment of whatever carries a mark of this process. */
  static get markOfAll(): string {
    return `${MARK_VARIABLE}=${OURS}.`;
  }

  /** Kills whatever carries a mark of this process; for the moment before it is gone itself. */
  static killAll(): void {
    for (const pid of carriersOf(`${OURS}.`)) send(pid, 'SIGKILL');
  }
}

/** Processes whose environment, as it was when they began, holds the mark. Only Linux tells. */
function carriersOf(mark: string): number[] {
  const wanted = `${MARK_VARIABLE}=${mark}`;
  return processes().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(wanted);
    } catch {
      // It is gone by now, or another user's.
      return false;
    }
  });
}

/** Processes that run as a user, really or in effect (proc(5): /proc/pid/status, Uid). */
function processesOf(uid: number): number[] {
  return processes().filter((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      const uids = /^Uid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
      return uids.includes(String(uid)) && !/^State:\s+[ZX]/m.test(status);
    } catch {
      return false;
    }
  });
}

/** Whether a process of the group runs (proc(5): the fields behind the name are its state, its parent and its group). */
function isOfGroup(pid: number, group: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(itsGroup) === group && state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

function processes(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) && Number(name) !== process.pid ? [Number(name)] : []));
  } catch {
    return [];
  }
}

/** @returns whether there is such a process, or group */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
