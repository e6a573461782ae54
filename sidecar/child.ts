import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Holding } from './budget';
import { type ChildUser, type ChildUsers, startedAsFirstToEnd } from './child-users';
import type { ChildWords } from './child-words';
import type { Cancel, Clock } from './clock';
import { LastWords } from './last-words';
import type { Limits } from './limits';
import { type LineEvents, Lines } from './lines';
import type { Logger } from './log';
import { Offspring } from './offspring';

/** How long output that a dead child left behind is waited for. */
const LAST_OUTPUT_MS = 250;
/** How often what a child left behind is killed, should it start others meanwhile. */
const SWEEPS = 5;

/** What a child needs to be started, and has in common with the others. */
export interface ChildCommand {
  readonly command: readonly string[];
  /** Its whole environment, but for the mark by which what it starts is known. */
  readonly environment: Readonly<Record<string, string>>;
  /** Tells what it writes on standard error. */
  readonly words: ChildWords;
  /** Gives it a user of its own; absent where children run as the sidecar does. */
  readonly users?: ChildUsers;
}

export interface ChildEvents extends LineEvents {
  /** The process exists. */
  readonly onStarted: () => void;
  /** It is gone, or could not be started; called once. What it has started may still run. */
  readonly onEnd: (end: ChildEnd) => void;
  /** Nothing of it runs any more; called once, behind `onEnd`. */
  readonly onGone: () => void;
}

/** How a child ended. `started` is false when there never was a process. */
export interface ChildEnd {
  readonly started: boolean;
  readonly code?: number | null;
  readonly signal?: NodeJS.Signals | null;
  readonly error?: string;
}

/** Room for a child's lines, from it and to it. */
export interface ChildRoom {
  readonly output: Holding;
  readonly input: Holding;
  readonly diagnostics: Holding;
}

/** A stdio server's process and all that comes of it: JSON-RPC lines in and out, diagnostics told. */
export class Child {
  static readonly #running = new Set<Child>();

  readonly #process: ChildProcessWithoutNullStreams;
  readonly #user?: ChildUser;
  readonly #offspring: Offspring;
  /** Until it has shown that it works. */
  #words?: LastWords;
  #timers: Cancel[] = [];
  #stopping = false;
  #started = false;
  #ended = false;
  #errorLines = 0;

  constructor(
    private readonly given: ChildCommand,
    private readonly events: ChildEvents,
    private readonly room: ChildRoom,
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {
    const { command, environment, users } = given;
    this.#user = users?.take();
    this.#offspring = new Offspring(this.#user?.uid);
    const [program, ...parameters] = (users?.bound(command) ?? command) as [string, ...string[]];
    this.#words = new LastWords(limits.lastWordsLines, limits.lastWordsBytes);
    // A group of its own, so that a wrapper's server hears every signal, too.
    const env = { ...environment, ...this.#user?.environment, ...this.#offspring.environment };
    const own = this.#user && { uid: this.#user.uid, gid: this.#user.uid };
    this.#process = startedAsFirstToEnd(() => spawn(program, parameters, { env, ...own, stdio: ['pipe', 'pipe', 'pipe'], detached: true }));
    Child.#running.add(this);
    this.#process.once('error', (error) => {
      if (!this.#started) this.#end({ started: false, error: (error as NodeJS.ErrnoException).code ?? error.name });
    });
    const output = new Lines(limits.lineBytes, room.output, events);
    const diagnostics = new Lines(limits.diagnosticLineBytes, room.diagnostics, {
      onLine: (line) => this.#noteDiagnostic(line),
      // Of a line that is cut, half of a secret could be left.
      onOverlong: () => this.#noteDiagnostic('[a long line]'),
    });
    // Where this process has no descriptors left, a child has no pipes, and its error is on its way.
    const { stdin, stdout, stderr }: Partial<ChildProcessWithoutNullStreams> = this.#process;
    stdout?.on('data', (chunk: Buffer) => output.push(chunk));
    stderr?.on('data', (chunk: Buffer) => diagnostics.push(chunk));
    // A child that died is reported by its end; writing to it then is no further event.
    stdin?.on('error', () => {});
    this.#process.once('spawn', () => {
      this.#started = true;
      events.onStarted();
    });
    // `close` comes after the last line; a grandchild that keeps the pipe open must not hide the death.
    this.#process.once('close', (code, signal) => this.#end({ started: true, code, signal }));
    this.#process.once('exit', (code, signal) =>
      this.#timers.push(clock.after(LAST_OUTPUT_MS, () => this.#end({ started: true, code, signal }))),
    );
  }

  /** Kills whatever still runs; for the moment before the sidecar itself is gone. */
  static killAll(): void {
    for (const child of Child.#running) child.#offspring.signal(child.pid, 'SIGKILL');
    Offspring.killAll();
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Bytes that it has not read yet. */
  get inputWaiting(): number {
    return this.#process.stdin?.writableLength ?? 0;
  }

  send(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    this.room.input.add(bytes);
    this.#corkForNow();
    this.#process.stdin.write(`${line}\n`, () => this.room.input.shrink(bytes));
  }

  /** What comes for it within one turn of the event loop leaves as one write. */
  #corkForNow(): void {
    const { stdin } = this.#process;
    if (stdin.writableCorked > 0) return;
    stdin.cork();
    setImmediate(() => stdin.uncork());
  }

  /** It has shown that it works: its words are its own from here on. */
  vouch(): void {
    this.#words = undefined;
  }

  /** Ends the child as the specification says (MCP 2025-11-25, lifecycle § Shutdown): input ends, then SIGTERM, then SIGKILL. */
  stop(): void {
    if (this.#ended || this.#stopping) return;
    this.#stopping = true;
    this.#process.stdin?.end();
    const { childTerminate, childKill } = this.limits;
    this.#timers.push(
      this.clock.after(childTerminate, () => this.#offspring.signal(this.pid, 'SIGTERM')),
      this.clock.after(childKill, () => this.#offspring.signal(this.pid, 'SIGKILL')),
    );
  }

  #noteDiagnostic(line: string): void {
    this.#errorLines++;
    const told = this.given.words.tell(this.pid, line);
    this.#words?.add(told);
  }

  #end(end: ChildEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const cancel of this.#timers) cancel();
    const { pid } = this;
    this.log.info({ pid, ...end, diagnosticLines: this.#errorLines }, 'child_ended');
    this.#tellLastWords();
    for (const holding of Object.values(this.room)) holding.release();
    this.events.onEnd(end);
    this.#clear(0);
  }

  /** Nobody else learns why a server cannot be opened. */
  #tellLastWords(): void {
    const words = this.#words?.take() ?? '';
    if (words !== '') this.log.warn({ pid: this.pid, words }, 'child_last_words');
    this.#words = undefined;
  }

  /** What the child has started gets as long as the child did, from SIGTERM to SIGKILL. */
  #clear(sweeps: number): void {
    const lives = this.#offspring.lives(this.pid);
    if (sweeps > SWEEPS || !lives) {
      Child.#running.delete(this);
      if (!lives) this.#user?.release();
      this.events.onGone();
      return;
    }
    if (sweeps === 0) this.log.info({ pid: this.pid }, 'child_left_processes');
    this.#offspring.signal(this.pid, sweeps === 0 ? 'SIGTERM' : 'SIGKILL');
    this.clock.after(sweeps === 0 ? this.limits.childKill - this.limits.childTerminate : LAST_OUTPUT_MS, () => this.#clear(sweeps + 1));
  }
}
