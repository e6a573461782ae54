import type { AddressInfo } from 'node:net';
import { Admission } from './admission';
import { Budget } from './budget';
import type { Cancel, Clock } from './clock';
import { answersAtAll } from './first-child';
import { HttpRuntime } from './http-runtime';
import { KeptAnswers } from './kept-answers';
import type { Limits } from './limits';
import type { Logger } from './log';
import { TaskProtection } from './protection';
import { Pulse } from './pulse';
import type { Runtime } from './runtime';
import { SidecarServer } from './server';
import { Sessions } from './sessions';
import type { Settings } from './settings';
import { Slots } from './slots';
import { StdioRuntime } from './stdio-runtime';

/** What a sidecar needs from around it. */
export interface Surroundings {
  readonly instance: string;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Logger;
  /** Prints one line of metrics. */
  readonly print: (line: string) => void;
}

/** The session tier beside one instance of one server. */
export class Sidecar {
  readonly sessions: Sessions;
  readonly slots: Slots;
  readonly server: SidecarServer;
  readonly budget: Budget;
  readonly #kept: KeptAnswers;
  readonly #admission: Admission;
  readonly #runtime: Runtime;
  readonly #pulse: Pulse;
  readonly #protection: TaskProtection;
  #timers: Cancel[] = [];
  #whenEmpty?: () => void;

  constructor(
    private readonly settings: Settings,
    private readonly around: Surroundings,
  ) {
    const { config, key } = settings;
    const { clock, limits, log, instance, print } = around;
    this.sessions = new Sessions(clock, log, () => void this.#protection.review());
    this.slots = new Slots(config.slots, () => this.#noteEnd());
    this.budget = new Budget(limits.heldBytes, limits.agentHeldBytes);
    this.#kept = new KeptAnswers(clock, limits);
    this.#pulse = new Pulse({ Fleet: config.fleet, Server: config.server }, this.sessions, this.slots, clock, print);
    this.#runtime = this.#openRuntime();
    this.#admission = new Admission(this.sessions, this.slots, this.#runtime, limits, log);
    this.#protection = new TaskProtection(settings.agentUri, () => this.sessions.count > 0, clock, limits, log);
    this.server = new SidecarServer({
      name: config.server,
      instance,
      key,
      admission: this.#admission,
      runtime: this.#runtime,
      sessions: this.sessions,
      slots: this.slots,
      kept: this.#kept,
      budget: this.budget,
      clock,
      limits,
      log,
      // Behind whoever else hears of it, the session first of all.
      onClosed: () => queueMicrotask(() => this.#noteEnd()),
    });
  }

  /** Whether a stdio server answers when it is started; an HTTP server tells by itself. */
  async tryChild(): Promise<boolean> {
    const { runtime } = this.settings.config;
    if (runtime.kind !== 'stdio') return true;
    const { clock, limits, log } = this.around;
    return await answersAtAll({ command: runtime.command, environment: this.settings.childEnvironment }, this.budget, clock, limits, log);
  }

  /** @returns the port on which it listens */
  async start(): Promise<number> {
    const { clock, limits, log } = this.around;
    const { http } = this.server;
    await new Promise<void>((resolve, reject) => {
      http.once('error', reject).listen(this.settings.port, this.settings.host, resolve);
    });
    this.#timers = [
      clock.every(limits.tick, () => this.#tick()),
      clock.every(limits.heartbeatSweep, () => this.server.keepAlive()),
      clock.every(limits.idleSweep, () => this.#endIdle()),
    ];
    const { port } = http.address() as AddressInfo;
    log.info({ port, runtime: this.settings.config.runtime.kind, slots: this.slots.capacity }, 'listening');
    return port;
  }

  /**
   * Stops taking what is new and lets open calls go on: at most for the drain time, then ends them politely. ECS has taken
   * the task from the load balancer before SIGTERM comes, so no request can reach a session any more: one that is quiet
   * ends at once, and so does a stream without an end. Resolves when nothing is left, no child either.
   */
  async drain(): Promise<void> {
    const { clock, log } = this.around;
    const { drainSeconds } = this.settings.config;
    this.#admission.draining = true;
    log.info({ drainSeconds, activeSessions: this.sessions.count, slotsInUse: this.slots.inUse }, 'drain_started');
    this.server.endStreams();
    this.sessions.endQuiet('drained');
    const finished = await this.#emptyWithin(drainSeconds * 1000, clock);
    if (!finished) this.server.cutAll('the instance was stopped before the server answered');
    this.sessions.endAll('drained');
    await this.#runtime.close();
    await this.close();
    log.info({ finished }, 'drain_finished');
  }

  /** Closes the listener and whatever still hangs on it. */
  async close(): Promise<void> {
    for (const cancel of this.#timers.splice(0)) cancel();
    this.#pulse.beat();
    await this.#protection.review();
    const closed = new Promise((resolve) => this.server.http.close(resolve));
    this.server.http.closeIdleConnections();
    // What has been answered above leaves within a turn; nothing else is worth waiting for.
    setImmediate(() => this.server.http.closeAllConnections());
    await closed;
  }

  #openRuntime(): Runtime {
    const { runtime, slots } = this.settings.config;
    const { clock, limits, log } = this.around;
    const onColdStart = () => this.#pulse.countColdStart();
    if (runtime.kind === 'http') return new HttpRuntime(runtime, this.sessions, this.budget, clock, log, limits, onColdStart);
    const command = { command: runtime.command, environment: this.settings.childEnvironment };
    return new StdioRuntime(command, slots, this.sessions, this.budget, clock, log, limits, onColdStart);
  }

  #tick(): void {
    this.#pulse.beat();
    void this.#protection.review();
  }

  #endIdle(): void {
    this.sessions.endIdle(this.around.limits.sessionIdle);
    this.#runtime.endIdle();
    this.#kept.expire();
  }

  #isEmpty(): boolean {
    return this.slots.inUse === 0 && this.server.openExchanges === 0;
  }

  #noteEnd(): void {
    if (this.#admission.draining) this.sessions.endQuiet('drained');
    if (this.#isEmpty()) this.#whenEmpty?.();
  }

  #emptyWithin(milliseconds: number, clock: Clock): Promise<boolean> {
    if (this.#isEmpty()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const cancel = clock.after(milliseconds, () => resolve(false));
      this.#whenEmpty = () => {
        cancel();
        resolve(true);
      };
    });
  }
}
