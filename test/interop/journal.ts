import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { closeServer, listenOnLoopback } from '../suites/loopback';
import { eventually } from '../suites/waiting';

/** One execution of the journaled server's tool. */
export interface Execution {
  readonly reference: string;
  /** Of the server process that executed it. */
  readonly pid: number;
}

/** Where instances of the journaled server write each execution before they do anything else. */
export class Journal {
  private readonly entries: Execution[] = [];
  private readonly server: Server;

  /** Where executions are written to. */
  url = '';

  private constructor() {
    this.server = createServer(async (request, response) => {
      this.entries.push((await json(request)) as Execution);
      response.writeHead(204).end();
    });
  }

  static async start(): Promise<Journal> {
    const journal = new Journal();
    journal.url = await listenOnLoopback(journal.server);
    return journal;
  }

  executions(reference: string): readonly Execution[] {
    return this.entries.filter((execution) => execution.reference === reference);
  }

  /** Waits until the tool runs. @throws Error when it does not within `limitMs` */
  async started(reference: string, limitMs: number): Promise<Execution> {
    return await eventually('the call has reached the server', async () => this.executions(reference)[0], limitMs);
  }

  stop(): void {
    void closeServer(this.server);
  }
}
