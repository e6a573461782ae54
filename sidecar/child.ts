import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Cancel, Clock } from './clock';
import type { Limits } from './limits';
import { Lines } from './lines';
import type { Logger } from './log';

/** How long output that a dead child left behind is waited for. */
const LAST_WORDS_MS = 250;

/** What a child needs to be started. */
export interface ChildCommand {
  readonly command: readonly string[];
  /** Its whole environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ChildEvents {
  /** The process exists. */
  readonly onStarted: () => void;
  readonly onLine: (line: string) => void;
  /** It is gone, or could not be started; called once. */
  readonly onEnd: (end: ChildEnd) => void;
}

/** How a child ended. `started` is false when there never was a process. */
export interface ChildEnd {
  readonly started: boolean;
  readonly code?: number | null;
  readonly signal?: NodeJS.Signals | null;
  readonly error?: string;
}

/** A stdio server's process: JSON-RPC lines in and out, diagnostics counted and not kept. */
export class Child {
  static readonly #running = new Set<Child>();

  readonly #process: ChildProcessWithoutNullStreams;
  #timers: Cancel[] = [];
  #started = false;
  #ended = false;
  #errorLines = 0;
  #lastErrorLength = 0;

  constructor(
    { command, environment }: ChildCommand,
    private readonly events: ChildEvents,
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {
    const [program, ...parameters] = command as [string, ...string[]];
    this.#process = spawn(program, parameters, { env: { ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
    Child.#running.add(this);
    const output = new Lines(limits.lineBytes, events.onLine, () => log.warn({ pid: this.pid }, 'child_line_too_long'));
    const diagnostics = new Lines(
      limits.lineBytes,
      (line) => this.#noteDiagnostic(line),
      () => this.#noteDiagnostic(''),
    );
    this.#process.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    this.#process.stderr.on('data', (chunk: Buffer) => diagnostics.push(chunk));
    // A child that died is reported by its end; writing to it then is no further event.
    this.#process.stdin.on('error', () => {});
    this.#process.once('spawn', () => {
      this.#started = true;
      events.onStarted();
    });
    this.#process.once('error', (error) => {
      if (!this.#started) this.#end({ started: false, error: (error as NodeJS.ErrnoException).code ?? error.name });
    });
    // `close` comes after the last line; a grandchild that keeps the pipe open must not hide the death.
    this.#process.once('close', (code, signal) => this.#end({ started: true, code, signal }));
    this.#process.once('exit', (code, signal) =>
      this.#timers.push(clock.after(LAST_WORDS_MS, () => this.#end({ started: true, code, signal }))),
    );
  }

  /** Kills whatever still runs; for the moment before the sidecar itself is gone. */
  static killAll(): void {
    for (const child of Child.#running) child.#process.kill('SIGKILL');
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  send(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** Ends the child as the specification says (MCP 2025-11-25, lifecycle § Shutdown): input ends, then SIGTERM, then SIGKILL. */
  stop(): void {
    if (this.#ended || this.#timers.length > 0) return;
    this.#process.stdin.end();
    this.#timers.push(
      this.clock.after(this.limits.childTerminate, () => this.#process.kill('SIGTERM')),
      this.clock.after(this.limits.childKill, () => this.#process.kill('SIGKILL')),
    );
  }

  #noteDiagnostic(line: string): void {
    this.#errorLines++;
    this.#lastErrorLength = line.length;
    // What a server writes may hold anything, secrets too: only that it wrote is told, and not each time.
    if (Number.isInteger(Math.log2(this.#errorLines))) {
      this.log.info({ pid: this.pid, lines: this.#errorLines, lastLength: this.#lastErrorLength }, 'child_diagnostics');
    }
  }

  #end(end: ChildEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const cancel of this.#timers) cancel();
    Child.#running.delete(this);
    const { pid } = this;
    this.log.info({ pid, ...end, diagnosticLines: this.#errorLines, lastLength: this.#lastErrorLength }, 'child_ended');
    this.events.onEnd(end);
  }
}
