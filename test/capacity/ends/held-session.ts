import { randomUUID } from 'node:crypto';
import type { Counted, Tool } from '../../load/counter';
import { callTool, closeSession, headersOf, type Opener, openSession } from '../sessions';

/** A call that is under way, and whose caller may leave. */
export interface CallUnderWay {
  readonly key: string;
  readonly leave: () => void;
}

/** A session, and where it is. */
export class HeldSession {
  private constructor(
    private readonly opener: Opener,
    private readonly id: string,
    /** ECS task of its instance. */
    readonly instance: string,
  ) {}

  /** @throws Error with what came in its place */
  static async open(opener: Opener): Promise<HeldSession> {
    const opened = await openSession(opener);
    if (opened.kind !== 'open') throw new Error(`no session was opened: ${JSON.stringify(opened)}`);
    const told = await callTool(opener, opened.id, callOf('count'));
    const { instance } = JSON.parse(told) as Counted;
    return new HeldSession(opener, opened.id, instance);
  }

  /** Begins what changes something, and takes so many seconds. */
  begin(seconds: number): CallUnderWay {
    const key = `ends-${randomUUID()}`;
    const leaving = new AbortController();
    void callTool(this.opener, this.id, { ...callOf('increment', key, seconds), key, signal: leaving.signal });
    return { key, leave: () => leaving.abort() };
  }

  /** Opens its GET stream, and lets it be. @throws Error with what came in its place */
  async listen(): Promise<void> {
    const headers = { ...headersOf(this.opener), accept: 'text/event-stream', 'mcp-session-id': this.id };
    const response = await fetch(this.opener.endpoint, { headers });
    if (response.status !== 200) throw new Error(`no stream was opened: ${response.status} ${await response.text()}`);
    response.text().catch(() => undefined);
  }

  /** Whether it is open still: asked of its server. */
  async isOpen(): Promise<boolean> {
    const told = await callTool(this.opener, this.id, callOf('count'));
    return told.startsWith('{"instance"');
  }

  async close(): Promise<void> {
    await closeSession(this.opener, this.id);
  }
}

function callOf(name: Tool, nonce: string = randomUUID(), seconds = 0) {
  return { name, arguments: { nonce, seconds } };
}
