import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Traffic } from './client/edge';
import type { Entry } from './journal';
import type { ClientSettings, Notice, Order } from './messages';

/** What all client processes saw. */
export interface ClientReport {
  readonly entries: readonly Entry[];
  readonly traffic: Traffic;
  /** Streams of calls that were cut and resumed. */
  readonly resumed: number;
}

/** The client processes. */
export class Clients {
  private readonly processes: readonly ClientProcess[];

  constructor(program: string, settings: readonly ClientSettings[]) {
    this.processes = settings.map((each) => new ClientProcess(program, each));
  }

  get progress(): { done: number; wrong: number } {
    const sum = (of: (client: ClientProcess) => number): number => this.processes.reduce((total, client) => total + of(client), 0);
    return { done: sum(({ done }) => done), wrong: sum(({ wrong }) => wrong) };
  }

  open(): Promise<ClientReport> {
    return this.all((client) => client.order({ kind: 'open', settings: client.settings }));
  }

  /** Calls so often at least, and until released. */
  call(calls: number): Promise<ClientReport> {
    return this.all((client) => client.order({ kind: 'call', calls: Math.ceil(calls / this.processes.length) }));
  }

  release(): void {
    for (const client of this.processes) client.tell({ kind: 'release' });
  }

  close(): Promise<ClientReport> {
    return this.all((client) => client.order({ kind: 'close' }));
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((client) => client.stop()));
  }

  private async all(work: (client: ClientProcess) => Promise<ClientReport>): Promise<ClientReport> {
    const reports = await Promise.all(this.processes.map(work));
    const traffic: Traffic = { POST: 0, GET: 0, DELETE: 0 };
    for (const report of reports) for (const method of ['POST', 'GET', 'DELETE'] as const) traffic[method] += report.traffic[method];
    return {
      entries: reports.flatMap(({ entries }) => entries),
      traffic,
      resumed: reports.reduce((sum, { resumed }) => sum + resumed, 0),
    };
  }
}

class ClientProcess {
  done = 0;
  wrong = 0;
  private readonly child: ChildProcess;
  private settle: { resolve: (report: ClientReport) => void; reject: (error: Error) => void } | undefined;

  constructor(
    program: string,
    readonly settings: ClientSettings,
  ) {
    this.child = fork(program, { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', (notice: Notice) => this.take(notice));
    this.child.once('exit', (code, signal) => this.settle?.reject(new Error(`client ${settings.name} ended with ${code ?? signal}`)));
  }

  order(order: Order): Promise<ClientReport> {
    this.done = 0;
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.tell(order);
    });
  }

  tell(order: Order): void {
    this.child.send(order);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  private take(notice: Notice): void {
    if (notice.kind === 'progress') Object.assign(this, { done: notice.done, wrong: notice.wrong });
    else if (notice.kind === 'failed') this.settle?.reject(new Error(`client ${this.settings.name}: ${notice.message}`));
    else this.settle?.resolve(notice);
  }
}
