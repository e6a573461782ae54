import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenStream } from './agent-session';
import { brief, type Judgement } from './expectation';
import type { LeanSession } from './lean-session';

/** An announcement that has not come after this many milliseconds is lost. */
const ANNOUNCEMENT_MS = 10_000;
/** A stream that was cut is opened again at once, and as often with pauses of this many milliseconds. */
const ATTEMPTS = 6;
const PAUSE_MS = 500;

/** The GET stream of one session: opened again when it is cut, until it is closed from this side. */
export class Listener {
  private stream: OpenStream | undefined;
  private closed = false;
  /** Announcements that have not come yet: when they were asked for, by nonce. */
  private readonly awaited = new Map<string, number>();

  /**
   * @param instance instance of the session when the stream was opened, as far as its agent knew
   * @param note told how each opening came out, and of each cut
   */
  constructor(
    private readonly session: LeanSession,
    private instance: string | undefined,
    private readonly note: (judgement: Judgement, at: number, instance?: string) => void,
  ) {}

  /** A server may hold on to a stream that was cut for a moment (409), as official clients see it too. */
  async open(): Promise<void> {
    for (let attempt = 1; !this.closed; attempt++) {
      const at = Date.now();
      const opened = await this.session.listen(() => void this.reopen());
      if (opened.kind === 'stream') {
        this.stream = opened;
        if (this.closed) opened.close();
        return this.note({ outcome: 'ok', ...(attempt > 1 && { detail: `attempt ${attempt}` }) }, at);
      }
      if (attempt === ATTEMPTS) return this.note({ outcome: 'failed', detail: brief(opened) }, at);
      await sleep(PAUSE_MS);
    }
  }

  /** Says that an announcement will come on the stream. */
  await(nonce: string): void {
    if (this.stream !== undefined) this.awaited.set(nonce, Date.now());
  }

  heard(nonce: string): void {
    this.awaited.delete(nonce);
  }

  /** The session has answered from there. */
  isOn(instance: string | undefined): void {
    this.instance ??= instance;
  }

  /** Closes the stream when everything that was announced has come. */
  async close(): Promise<void> {
    const since = Date.now();
    while (this.awaited.size > 0 && Date.now() - since < ANNOUNCEMENT_MS) await sleep(20);
    for (const [nonce, at] of this.awaited) this.note({ outcome: 'failed', detail: `announcement ${nonce} never came` }, at);
    this.closed = true;
    this.stream?.close();
  }

  /** What was announced on a stream that broke may be lost; the agent learns from the break that it may. */
  private async reopen(): Promise<void> {
    this.stream = undefined;
    this.awaited.clear();
    this.note({ outcome: 'cut' }, Date.now(), this.instance);
    await this.open();
  }
}
