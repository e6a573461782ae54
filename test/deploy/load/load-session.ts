import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type AgentClient, type ClientKind, openClient, readError } from '../../../checks/agent-client';
import { answerOf, type Call, judge, judgeRefusal, type Known } from './call';

export interface LoadSessionProps {
  readonly server: string;
  readonly client: ClientKind;
  readonly endpoint: string;
  readonly token: string;
  /** Whether it stays open; else it ends now and then, and another one begins. */
  readonly stays: boolean;
  readonly note: (call: Call) => void;
}

/** Milliseconds between the calls of one session: this is no measurement, others work on this machine. */
const PAUSE_MS = 100;
/** Calls of a session that does not stay. */
const SHORT = 5;
/** Milliseconds from the end of such a session to the next one: instances must be without any now and then, else none is replaced. */
const BETWEEN_MS = 300;
const NOBODY: Known = { pid: undefined, written: 0 };

/** One session of an official client, which calls until it is stopped. */
export class LoadSession {
  /** Version of the server that answered last. */
  version: string | undefined;
  /** Whether it stays open now. */
  stays: boolean;
  private known = NOBODY;
  private stopped = false;
  private isOpen = true;
  private calling: Promise<void> = Promise.resolve();

  private constructor(
    private readonly props: LoadSessionProps,
    private client: AgentClient,
  ) {
    this.stays = props.stays;
  }

  static async open(props: LoadSessionProps): Promise<LoadSession> {
    return new LoadSession(props, await openClient(props.client, props.endpoint, props.token));
  }

  get server(): string {
    return this.props.server;
  }

  get mayStay(): boolean {
    return this.props.stays;
  }

  begin(): void {
    this.stopped = false;
    this.calling = this.callOn();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.calling;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.client.close();
  }

  private async callOn(): Promise<void> {
    for (let turn = 0; !this.stopped; turn++) {
      await delay(PAUSE_MS);
      if (!this.isOpen && !(await this.open())) continue;
      const operation = turn % 2 === 0 ? 'write' : 'read';
      const reference = randomUUID();
      // A call that found its session over has not been executed: in a new session, it is made again.
      if ((await this.call(operation, reference)) === 'ended' && (await this.reopen())) await this.call(operation, reference);
      else if (!this.stays && turn % SHORT === SHORT - 1) await this.reopen();
    }
  }

  private async call(operation: 'read' | 'write', reference: string): Promise<Call['outcome']> {
    const { server, note } = this.props;
    const reply = await this.client.call(operation, { reference }, operation === 'write' ? { key: reference } : {});
    const judged = judge(reply, operation, reference, this.known);
    const answer = answerOf(reply);
    if (answer !== undefined) {
      this.known = { pid: answer.pid, written: answer.written };
      this.version = answer.version;
    }
    note({ server, operation, reference, ...judged, ...(answer && { version: answer.version }) });
    return judged.outcome;
  }

  private async reopen(): Promise<boolean> {
    this.isOpen = false;
    await this.client.close();
    await delay(BETWEEN_MS);
    return await this.open();
  }

  /** @returns whether there is a session now */
  private async open(): Promise<boolean> {
    const { client, endpoint, token, server, note } = this.props;
    try {
      this.client = await openClient(client, endpoint, token);
      this.known = NOBODY;
      this.isOpen = true;
    } catch (error) {
      note({ server, operation: 'initialize', reference: '', ...judgeRefusal(readError(error)) });
    }
    return this.isOpen;
  }
}
