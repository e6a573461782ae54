import type { Entry } from '../journal';
import type { ClientSettings } from '../messages';
import { Edge, type Traffic } from './edge';
import { LoadSession, type SessionKind } from './load-session';

/** Sessions that are opened at the same time. */
const OPENED_AT_ONCE = 8;

/** The sessions of one process; a session has one call under way at a time, many sessions have. */
export class Crowd {
  private readonly edge: Edge;
  private readonly sessions: readonly LoadSession[];
  private entries: Entry[] = [];
  private done = 0;
  private wrong = 0;
  private released = false;

  constructor(private readonly settings: ClientSettings) {
    const { name, endpoint, token, sessions, sdkSessions } = settings;
    this.edge = new Edge(endpoint, token);
    this.sessions = Array.from({ length: sessions }, (_, index) => {
      const kind: SessionKind = index >= sdkSessions ? 'lean' : index % 2 === 0 ? 'v1' : 'v2';
      return new LoadSession({ kind, name: `${name}-${index}`, index, edge: this.edge, note: (entry) => this.note(entry) });
    });
  }

  get progress(): { done: number; wrong: number } {
    return { done: this.done, wrong: this.wrong };
  }

  async open(): Promise<void> {
    await this.inTurns(OPENED_AT_ONCE, (session) => session.open());
  }

  async call(calls: number): Promise<void> {
    this.released = false;
    this.done = 0;
    const idle = [...this.sessions];
    const worker = async (): Promise<void> => {
      while (!this.released || this.done < calls) {
        const session = idle.shift() as LoadSession;
        await session.step();
        idle.push(session);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.settings.atOnce, idle.length) }, worker));
  }

  release(): void {
    this.released = true;
  }

  async close(): Promise<void> {
    await this.inTurns(OPENED_AT_ONCE, (session) => session.close());
    await this.edge.close();
  }

  /** What was seen since the last time. */
  takeReport(): { entries: readonly Entry[]; traffic: Traffic; resumed: number } {
    const { entries } = this;
    this.entries = [];
    const resumed = this.sessions.reduce((sum, session) => sum + session.takeResumed(), 0);
    return { entries, traffic: this.edge.takeTraffic(), resumed };
  }

  private note(entry: Entry): void {
    this.entries.push(entry);
    if (entry.operation === 'read' || entry.operation === 'write') this.done++;
    if (!['ok', 'restored', 'told again', 'replayed', 'still unknown'].includes(entry.outcome)) this.wrong++;
  }

  private async inTurns(atOnce: number, work: (session: LoadSession) => Promise<void>): Promise<void> {
    const waiting = [...this.sessions];
    const worker = async (): Promise<void> => {
      for (let session = waiting.shift(); session !== undefined; session = waiting.shift()) await work(session);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }
}
