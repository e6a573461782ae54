import { Connection } from './connection';
import type { CallRequest } from './request';
import type { HttpAnswer } from './response-reader';

/** Longest wait for the last answers of a load; calls that are counted are all made meanwhile. */
const LONGEST_MS = 120_000;

/** Makes calls over some connections, each as soon as it is free or as the clock says, and looks at every answer. */
export class Load {
  /** Milliseconds that each call took since {@link forget}. */
  latencies: number[] = [];
  /** Calls that were answered rightly. */
  right = 0;
  wrong = 0;
  /** The first that was wrong, in words. */
  firstWrong: string | undefined;

  private readonly idle: Caller[];
  private readonly due: number[] = [];
  private clock: NodeJS.Timeout | undefined;
  private whenIdle: (() => void) | undefined;

  /** Calls that are still to be made. */
  private left: number;

  private constructor(
    private readonly callers: readonly Caller[],
    { perSecond, calls = Number.POSITIVE_INFINITY }: Pace,
  ) {
    this.left = calls;
    this.idle = [...callers];
    for (const caller of callers) caller.connection.onAnswer = (answer) => this.hear(caller, answer);
    if (perSecond === undefined) for (const caller of this.idle.splice(0)) this.call(caller, performance.now());
    else this.clock = this.keepPace(perSecond);
  }

  /** @param requests of as many sessions; each connection takes turns in those that fall to it */
  static async begin(port: number, connections: number, requests: readonly CallRequest[], pace: Pace): Promise<Load> {
    const callers = Array.from({ length: connections }, async (_, number): Promise<Caller> => {
      const own = requests.filter((_, index) => index % connections === number);
      return { connection: await Connection.open(port), requests: own, turn: 0, sentAt: 0 };
    });
    return new Load(await Promise.all(callers), pace);
  }

  /** Begins to count anew. */
  forget(): void {
    this.latencies = [];
  }

  /** Lets what is under way be answered, so that nothing of this load is left for the next one. */
  async stop(): Promise<void> {
    clearInterval(this.clock);
    this.left = 0;
    await this.done();
  }

  /** Resolves when no call is left to be made, nor under way; what is not answered at all is wrong. */
  async done(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.note(`${this.callers.length - this.idle.length} calls were not answered within ${LONGEST_MS / 1000} s`);
        resolve();
      }, LONGEST_MS);
      this.whenIdle = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.idle.length === this.callers.length) this.whenIdle();
    });
    for (const { connection } of this.callers) connection.close();
  }

  private call(caller: Caller, since: number): void {
    this.left--;
    caller.turn = (caller.turn + 1) % caller.requests.length;
    caller.sentAt = since;
    caller.connection.send((caller.requests[caller.turn] as CallRequest).next());
  }

  private hear(caller: Caller, answer: HttpAnswer | Error): void {
    const now = performance.now();
    if (answer instanceof Error) this.note(answer.message);
    else if (caller.requests[caller.turn]?.isAnsweredBy(answer)) this.noteRight(now - caller.sentAt);
    else this.note(`${answer.status} ${answer.body.slice(0, 600)}`);
    const due = this.clock === undefined ? now : this.due.shift();
    if (this.left > 0 && !(answer instanceof Error) && due !== undefined) this.call(caller, due);
    else if (this.idle.push(caller) === this.callers.length) this.whenIdle?.();
  }

  private noteRight(milliseconds: number): void {
    this.right++;
    this.latencies.push(milliseconds);
  }

  private note(what: string): void {
    this.wrong++;
    this.firstWrong ??= what;
  }

  /** A call that finds no connection free waits, and its waiting counts. */
  private keepPace(perSecond: number): NodeJS.Timeout {
    const startedAt = performance.now();
    let made = 0;
    return setInterval(() => {
      const now = performance.now();
      for (const until = ((now - startedAt) / 1000) * perSecond; made < until; made++) {
        const caller = this.idle.shift();
        if (caller === undefined) this.due.push(now);
        else this.call(caller, now);
      }
    }, 1);
  }
}

/** As fast as the connections carry them, and without an end, unless it says otherwise. */
export interface Pace {
  /** Calls by the clock. */
  readonly perSecond?: number;
  /** Calls in all. */
  readonly calls?: number;
}

interface Caller {
  readonly connection: Connection;
  /** One for each of its sessions. */
  readonly requests: readonly CallRequest[];
  /** Which of them is under way. */
  turn: number;
  /** When that was due, in milliseconds. */
  sentAt: number;
}
