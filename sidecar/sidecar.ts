import type { AddressInfo } from 'node:net';
import type { SlotsNews } from '../core/capacity/slots-news';
import { DEFAULT_DEPLOY_WITHIN_SECONDS, type StdioRuntimeConfig } from '../core/fleet-config';
import type { TargetCertificate } from '../core/target-certificate';
import { Admission } from './admission';
import { Budget } from './budget';
import type { ChildCommand } from './child';
import { ChildUsers } from './child-users';
import { ChildWords } from './child-words';
import type { Cancel, Clock } from './clock';
import { answersAtAll } from './first-child';
import { Handover } from './handover';
import { HttpRuntime } from './http-runtime';
import { KeptAnswers } from './kept-answers';
import type { Limits } from './limits';
import type { Logger } from './log';
import type { OwnService } from './own-service';
import { TaskProtection } from './protection';
import { Pulse } from './pulse';
import type { Runtime } from './runtime';
import { SidecarServer } from './server';
import { Sessions } from './sessions';
import type { Settings } from './settings';
import { SlotNews } from './slot-news';
import { Slots } from './slots';
import { Standing } from './standing';
import { StdioRuntime } from './stdio-runtime';

/** What a sidecar needs from around it. */
export interface Surroundings {
  readonly instance: string;
  /** The service that has started this instance; absent outside ECS. */
  readonly service?: OwnService;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Logger;
  /** With which it speaks TLS to the load balancer; plain HTTP without one. */
  readonly certificate?: TargetCertificate;
  /** Prints one line of metrics. */
  readonly print: (line: string) => void;
}

/** The session tier beside one instance of one server. */
export class Sidecar {
  readonly sessions: Sessions;
  readonly slots: Slots;
  readonly server: SidecarServer;
  readonly budget: Budget;
  readonly #news: SlotNews;
  readonly #kept: KeptAnswers;
  readonly #admission: Admission;
  readonly #runtime: Runtime;
  readonly #pulse: Pulse;
  readonly #standing: Standing;
  readonly #protection: TaskProtection;
  readonly #handover: Handover;
  #command?: ChildCommand;
  #timers: Cancel[] = [];
  #whenEmpty?: () => void;

  constructor(
    private readonly settings: Settings,
    private readonly around: Surroundings,
  ) {
    const { config, keys } = settings;
    const { clock, limits, log, instance, service, print, certificate } = around;
    const deployWithin = (config.deployWithinSeconds ?? DEFAULT_DEPLOY_WITHIN_SECONDS) * 1000;
    this.sessions = new Sessions(clock, log, () => void this.#protection.review());
    this.slots = new Slots(
      config.slots,
      () => this.#noteEnd(),
      () => {
        this.#pulse.noteUse();
        this.#news.changed();
        this.#runtime.noteRoom();
      },
    );
    this.#news = new SlotNews(() => this.#tellSlots(), clock, limits);
    this.budget = new Budget(limits.heldBytes, limits.agentHeldBytes);
    this.#kept = new KeptAnswers(clock, limits);
    const dimensions = { Fleet: config.fleet, Server: config.server };
    this.#pulse = new Pulse(dimensions, this.sessions, this.slots, clock, print, config.keepIdleSeconds);
    this.#runtime = this.#openRuntime();
    this.#standing = new Standing(service, deployWithin, clock, limits, log, () => this.#pulse.count('DeploymentUnknown'));
    this.#admission = new Admission(this.sessions, this.slots, this.#runtime, this.#standing, limits, log);
    const holdsSessions = () => this.sessions.count > 0;
    const onBlocked = () => this.#pulse.count('DeploymentBlocked');
    this.#protection = new TaskProtection(settings.agentUri, holdsSessions, this.#standing, clock, limits, log, onBlocked);
    const onHandedOver = () => this.#pulse.count('SessionsHandedOver');
    this.#handover = new Handover(this.sessions, this.#standing, config.onLoss === 'restart', limits, onHandedOver);
    this.server = new SidecarServer({
      name: config.server,
      ...(certificate !== undefined && { certificate }),
      instance,
      keys,
      admission: this.#admission,
      runtime: this.#runtime,
      sessions: this.sessions,
      slots: this.slots,
      news: this.#news,
      kept: this.#kept,
      budget: this.budget,
      clock,
      limits,
      log,
      ...(settings.guard !== undefined && { guard: settings.guard }),
      onLeak: () => this.#pulse.count('SecretLeaksBlocked'),
      // Behind whoever else hears of it, the session first of all.
      onClosed: () => queueMicrotask(() => this.#noteEnd()),
    });
  }

  /** Whether a stdio server answers when it is started; an HTTP server tells by itself. */
  async tryChild(): Promise<boolean> {
    const { runtime } = this.settings.config;
    if (runtime.kind !== 'stdio') return true;
    const { clock, limits, log } = this.around;
    return await answersAtAll(this.#childCommand(runtime), this.budget, clock, limits, log);
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
      clock.every(limits.handoverSweep, () => this.#handover.tick()),
      clock.every(limits.idleSweep, () => this.#endIdle()),
    ];
    const { port } = http.address() as AddressInfo;
    this.#runtime.noteRoom();
    const { runtime } = this.settings.config;
    const apart = runtime.kind === 'stdio' ? { childrenApart: runtime.users !== undefined } : {};
    log.info({ port, runtime: runtime.kind, ...apart, slots: this.slots.capacity }, 'listening');
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
    this.#news.changed();
    this.#runtime.tend();
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
    const { runtime, slots, warm = 0 } = this.settings.config;
    const { clock, limits, log } = this.around;
    const onColdStart = () => this.#pulse.countColdStart();
    const ahead = warm > 0 ? { size: warm, room: () => this.#freeSlots() } : undefined;
    if (runtime.kind === 'http') return new HttpRuntime(runtime, this.sessions, this.budget, clock, log, limits, onColdStart, ahead);
    return new StdioRuntime(this.#childCommand(runtime), slots, this.sessions, this.budget, clock, log, limits, onColdStart, ahead);
  }

  /** Made once: no user is given to two children. */
  #childCommand({ command, users, bounds }: StdioRuntimeConfig): ChildCommand {
    const { childEnvironment: environment } = this.settings;
    const { clock, limits, log } = this.around;
    this.#command ??= {
      command,
      environment,
      words: new ChildWords(environment, clock, limits, log),
      ...(users !== undefined && { users: new ChildUsers(users, log, bounds) }),
    };
    return this.#command;
  }

  /** Slots for what is new: none on an instance that is to end. */
  #freeSlots(): number {
    const { inUse, capacity, state } = this.#tellSlots();
    return state === 'open' ? capacity - inUse : 0;
  }

  #tick(): void {
    this.#pulse.beat();
    void this.#reviewStanding();
  }

  /** Nothing but sessions keeps a deployment waiting; and who is outdated may be current again after a rollback. */
  async #reviewStanding(): Promise<void> {
    if (this.sessions.count > 0 || this.#standing.outdatedAt !== undefined) await this.#standing.review();
    this.#news.changed();
    this.#runtime.noteRoom();
    await this.#protection.review();
  }

  #endIdle(): void {
    this.sessions.endIdle(this.around.limits.sessionIdle);
    this.#runtime.tend();
    this.#kept.expire();
  }

  #tellSlots(): SlotsNews {
    const state = this.#admission.draining ? 'closed' : this.#standing.outdatedAt === undefined ? 'open' : 'outdated';
    return { inUse: this.slots.inUse, capacity: this.slots.capacity, state };
  }

  #isEmpty(): boolean {
    return this.slots.inUse === 0 && this.server.openExchanges === 0;
  }

  #noteEnd(): void {
    if (this.#admission.draining) this.sessions.endQuiet('drained');
    this.#handover.review();
    // A deployment waits for it.
    if (this.#standing.outdatedAt !== undefined && this.sessions.count === 0) void this.#protection.review();
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
