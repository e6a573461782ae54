import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { LogBook } from '../logs/log-book';
import type { Reaper } from '../processes/reaper';
import type { FunctionSettings } from './function-settings';
import { type InvocationResult, Worker } from './worker';

/**
 * Lambda would start an environment for each concurrent invocation. A laptop that starts fifty Node.js processes at once
 * serves none of them in time, so the invocations beyond this many wait for a free worker.
 */
const MAX_WORKERS = 4;

/** Of lines that nobody may keep. */
function unread(stream: Readable): void {
  stream.resume();
}

/** One function: its workers and the invocations that wait for one. */
export class LocalFunction {
  readonly revision = randomUUID();
  readonly changedAt = new Date();
  private readonly workers = new Set<Worker>();
  private readonly free: Worker[] = [];
  private readonly waiting: ((worker: Worker) => void)[] = [];
  private mayLog = true;
  private started = 0;
  private running = 0;
  private idle: (() => void) | undefined;

  constructor(
    readonly settings: FunctionSettings,
    private readonly logs: LogBook,
    private readonly reaper: Reaper,
  ) {}

  /** Another one in its place. */
  changed(settings: FunctionSettings): LocalFunction {
    return new LocalFunction(settings, this.logs, this.reaper);
  }

  /** Invokes the function with a JSON text. Never rejects: an error of the function is its result. */
  async invoke(payload: string): Promise<InvocationResult> {
    this.running++;
    this.judgeLogging();
    const worker = await this.acquire();
    const result = await worker.invoke(payload);
    await this.release(worker);
    if (--this.running === 0) this.idle?.();
    return result;
  }

  /** Whether it runs as often as its reserved concurrency lets it. */
  get isFull(): boolean {
    return this.running >= this.mostAtOnce;
  }

  private get mostAtOnce(): number {
    return this.settings.configuration.reservedConcurrency ?? Number.POSITIVE_INFINITY;
  }

  /** Process ids of the workers that run. */
  pids(): number[] {
    return [...this.workers].map((worker) => worker.pid).filter((pid) => pid !== undefined);
  }

  /** Ends its workers when what has begun has ended; an invocation ends by its own timeout. */
  async retire(): Promise<void> {
    if (this.running > 0) await new Promise<void>((done) => (this.idle = done));
    await this.stop();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.workers].map((worker) => worker.stop()));
  }

  /** Its role may be changed while it runs. */
  private judgeLogging(): void {
    const mayLog = this.settings.mayLog?.() ?? true;
    if (mayLog === this.mayLog) return;
    this.mayLog = mayLog;
    for (const worker of this.free.splice(0)) void this.discard(worker);
  }

  private acquire(): Worker | Promise<Worker> {
    const worker = this.free.pop();
    if (worker?.usable) return worker;
    if (worker) void this.discard(worker);
    if (this.workers.size < MAX_WORKERS) return this.create();
    return new Promise((take) => this.waiting.push(take));
  }

  private async release(worker: Worker): Promise<void> {
    if (!worker.usable) await this.discard(worker);
    const next = this.waiting.shift();
    if (next) next(worker.usable ? worker : this.create());
    else if (worker.usable) this.free.push(worker);
  }

  private create(): Worker {
    const { name } = this.settings;
    const kept = this.logs.open(`lambda-${name}-${++this.started}`, { role: 'lambda', source: name, shortSource: name });
    const log = this.mayLog ? kept : { ...kept, follow: unread };
    const worker = new Worker(this.settings, log, this.reaper);
    this.workers.add(worker);
    return worker;
  }

  private discard(worker: Worker): Promise<void> {
    this.workers.delete(worker);
    return worker.stop();
  }
}
