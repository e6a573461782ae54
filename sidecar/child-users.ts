import { randomInt } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildBounds, ChildUserRange } from '../core/fleet-config';
import type { Logger } from './log';

/** Keeps a program from gaining rights by what it executes, such as a set-user-ID file of the image (prctl(2), PR_SET_NO_NEW_PRIVS). */
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'];
/** Sets limits of a program that it then becomes (prlimit(1)); lowering them takes no right. */
const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'];
const OWN_LIMITS = '/proc/self/limits';
const MIB = 1024 * 1024;
/** Written of a process, it makes the kernel end that one first where memory runs out (proc(5), /proc/pid/oom_score_adj). */
const ENDED_FIRST = '1000';
const NOWHERE = '/nonexistent';
const OWN_SCORE = '/proc/self/oom_score_adj';

/** As whom one child runs. */
export interface ChildUser {
  readonly uid: number;
  /** A folder of its own, which no other child may enter. */
  readonly environment: Readonly<Record<string, string>>;
  /** Removes what it has left there; to be called when nothing of it runs any more. */
  release(): void;
}

/**
 * A user of its own for each child. The kernel then keeps it from the memory, environment, descriptors and files of the sidecar and of
 * other children, and from ending them (proc(5), ptrace(2), kill(2)). No user is given twice: what one has left somewhere is nobody's.
 * Where sidecars share the users of one machine, as those of a local account do, each begins at some place of the range: so many are
 * there that two do not meet, or the end of one's child would be that of the other's.
 */
export class ChildUsers {
  readonly #homes = mkdtempSync(join(tmpdir(), 'children-'));
  readonly #setpriv = SETPRIV.find((path) => existsSync(path));
  readonly #prlimit = PRLIMIT.find((path) => existsSync(path));
  readonly #begin: number;
  #given = 0;

  constructor(
    private readonly range: ChildUserRange,
    private readonly log: Logger,
    private readonly bounds?: ChildBounds,
  ) {
    this.#begin = randomInt(range.count);
    chmodSync(this.#homes, 0o711);
    if (this.#setpriv === undefined) log.warn({ looked: SETPRIV }, 'no_setpriv');
    if (bounds !== undefined && this.#prlimit === undefined) log.warn({ looked: PRLIMIT }, 'no_prlimit');
  }

  /** @throws Error when all have been given */
  take(): ChildUser {
    if (this.#given === this.range.count)
      throw new Error(`all ${this.range.count} users of children have been given: replace the instance`);
    const uid = this.range.first + ((this.#begin + this.#given++) % this.range.count);
    const home = join(this.#homes, String(uid));
    return { uid, environment: this.#makeHome(home, uid), release: () => this.#remove(home) };
  }

  /** Where there is no room for one, as others may have filled the disk, the child runs without. */
  #makeHome(home: string, uid: number): ChildUser['environment'] {
    const temporary = join(home, 'tmp');
    try {
      mkdirSync(temporary, { recursive: true });
      for (const folder of [temporary, home]) {
        chmodSync(folder, 0o700);
        chownSync(folder, uid, uid);
      }
      return { HOME: home, TMPDIR: temporary };
    } catch (error) {
      this.log.warn({ home, error: (error as Error).message }, 'child_home_not_made');
      return { HOME: NOWHERE, TMPDIR: NOWHERE };
    }
  }

  /** The command, so started that its program cannot become another user, nor take more than its bounds. */
  bound(command: readonly string[]): readonly string[] {
    const asItself = this.#setpriv === undefined ? command : [this.#setpriv, '--no-new-privs', ...command];
    if (this.#prlimit === undefined || this.bounds === undefined) return asItself;
    const { tasks, memoryMiB } = this.bounds;
    const data = memoryMiB === undefined ? [] : [limit('data', memoryMiB * MIB, 'Max data size')];
    return [this.#prlimit, limit('nproc', tasks, 'Max processes'), ...data, ...asItself];
  }

  #remove(home: string): void {
    try {
      rmSync(home, { recursive: true, force: true });
    } catch (error) {
      this.log.warn({ home, error: (error as Error).message }, 'child_home_left');
    }
  }
}

/** An option of prlimit. A bound that is lower already stays: raising it would be refused, and the child with it. @param named in proc(5), limits */
function limit(option: string, wanted: number, named: string): string {
  const least = Math.min(wanted, ownLimit(named));
  return `--${option}=${least}:${least}`;
}

/** The hard one. */
function ownLimit(named: string): number {
  try {
    const line = readFileSync(OWN_LIMITS, 'utf8')
      .split('\n')
      .find((each) => each.startsWith(named));
    const hard = Number(/(\d+|unlimited)\s+\S+\s*$/.exec(line ?? '')?.[1]);
    return Number.isNaN(hard) ? Number.POSITIVE_INFINITY : hard;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Starts a process that the kernel ends before this one where memory runs out. What it is made by is one synchronous call. */
export function startedAsFirstToEnd<Process>(start: () => Process): Process {
  const own = scored(ENDED_FIRST);
  try {
    return start();
  } finally {
    if (own !== undefined) scored(own);
  }
}

/** @returns what it was before; undefined where there is no such thing, or it may not be changed */
function scored(score: string): string | undefined {
  try {
    const before = readFileSync(OWN_SCORE, 'utf8').trim();
    writeFileSync(OWN_SCORE, score);
    return before;
  } catch {
    return undefined;
  }
}
