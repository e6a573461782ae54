import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { closeServer, listenOnLoopback } from '../suites/loopback';

/** A transfer as a server tells of it. */
export interface Transfer {
  readonly reference: string;
  /** Idempotency key that the call carried. */
  readonly key?: string;
  /** ECS task of the server. */
  readonly task: string;
  readonly pid: number;
}

/** A line of the journal. */
export interface Execution extends Transfer {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Told of each step before the server hears an answer: what happens meanwhile happens at exactly that moment. */
export interface BankWatch {
  received(transfer: Transfer): Promise<void>;
  executed(transfer: Transfer): Promise<void>;
}

/** The bank behind the servers: a journal in this process, which no fault kills. A line is an execution. */
export class Bank {
  /** In the order in which they were executed. */
  readonly journal: Execution[] = [];
  /** Every transfer that came to a server, executed or not. */
  readonly dispatched: Transfer[] = [];
  url = '';
  watch: BankWatch = { received: async () => undefined, executed: async () => undefined };
  private readonly server: Server;

  private constructor() {
    this.server = createServer(async (request, response) => {
      const transfer = (await json(request)) as Transfer;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(await this.take(request.url ?? '', transfer)));
    });
  }

  static async start(): Promise<Bank> {
    const bank = new Bank();
    bank.url = await listenOnLoopback(bank.server);
    return bank;
  }

  stop(): void {
    void closeServer(this.server);
  }

  private async take(path: string, transfer: Transfer): Promise<object> {
    if (path === '/find') return { found: this.journal.some(({ reference }) => reference === transfer.reference) };
    if (path === '/receive') {
      this.dispatched.push(transfer);
      await this.watch.received(transfer);
    } else {
      this.journal.push({ ...transfer, at: Date.now() });
      await this.watch.executed(transfer);
    }
    return {};
  }
}
