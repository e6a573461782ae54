import { randomUUID } from 'node:crypto';
import type { Counted, CounterInput, Tool } from '../counter';
import type { Entry, Operation } from '../journal';
import type { AgentSession, SessionReply } from './agent-session';
import type { Edge } from './edge';
import { brief, Expectation, type Judgement, judgeRefusal } from './expectation';
import { LeanSession, refusalOf } from './lean-session';
import { Listener } from './listener';
import { openSdkSession } from './sdk-session';

export type SessionKind = 'lean' | 'v1' | 'v2';

export interface LoadSessionProps {
  readonly kind: SessionKind;
  readonly name: string;
  readonly index: number;
  readonly edge: Edge;
  readonly note: (entry: Entry) => void;
}

/** Every tenth lean session holds a GET stream, and every fifth is ended with DELETE and begun again now and then. */
const LISTENS_EVERY = 10;
const ENDS_EVERY = 5;
/** Steps from one announcement, new stream or end to the next. */
const ANNOUNCE_STEPS = 10;
const RELISTEN_STEPS = 40;
const END_STEPS = 50;
/** And from one call that takes its time to the next: an instance that dies shall have some in flight. Odd, for reads and writes. */
const SLOW_STEPS = 7;
const SLOW_SECONDS = 1;

/** One agent's session: takes one step after another, and holds every answer against what it knows. */
export class LoadSession {
  private session!: AgentSession;
  private isOpen = false;
  private expectation: Expectation;
  private listener: Listener | undefined;
  /** Nonces of announcements that have not come yet. */
  private readonly announced = new Set<string>();
  /** Sessions take their turns at different times. */
  private steps: number;

  constructor(private readonly props: LoadSessionProps) {
    this.steps = props.index;
    this.expectation = new Expectation(props.name);
  }

  async open(): Promise<void> {
    const { kind, name, edge } = this.props;
    this.expectation = new Expectation(name);
    this.announced.clear();
    const onAnnouncement = (data: unknown) => this.heard(data as Counted);
    const { outcome } = await this.timed('open', async () => {
      const opening = kind === 'lean' ? LeanSession.open(edge, name, onAnnouncement) : openSdkSession(kind, edge, name, onAnnouncement);
      const opened: AgentSession | SessionReply = await opening.catch(refusalOf);
      if ('kind' in opened) return judgeRefusal(opened);
      this.session = opened;
      return { outcome: 'ok' };
    });
    this.isOpen = outcome === 'ok';
    if (this.isOpen && this.listens) await this.listen();
  }

  async step(): Promise<void> {
    const step = ++this.steps;
    const { kind, index } = this.props;
    if (!this.isOpen) await this.open();
    else if (kind === 'lean' && index % ENDS_EVERY === 1 && step % END_STEPS === 0) await this.beginAgain();
    else if (this.listens && step % RELISTEN_STEPS === 0) await this.listen();
    else if ((this.listens || kind !== 'lean') && step % ANNOUNCE_STEPS === 0) await this.announce();
    else if (step % 2 === 0) await this.call('count', 'read', { nonce: randomUUID(), seconds: secondsOf(step) });
    else await this.increment({ nonce: randomUUID(), seconds: secondsOf(step) });
    this.listener?.isOn(this.expectation.instance);
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    await this.listener?.close();
    await this.timed('delete', () => this.end());
  }

  /** Streams of calls that were cut and resumed since the last time. */
  takeResumed(): number {
    return this.session instanceof LeanSession ? this.session.takeResumed() : 0;
  }

  private get listens(): boolean {
    return this.props.kind === 'lean' && this.props.index % LISTENS_EVERY === 0;
  }

  private call(tool: Tool, operation: Operation, args: CounterInput, key?: string): Promise<Judgement> {
    const call = async () =>
      this.expectation.judge(await this.session.call(tool, { ...args }, key === undefined ? {} : { key }), tool, args.nonce);
    return this.timed(operation, call, { nonce: args.nonce, ...(args.seconds && { told: args.seconds * 1000 }) });
  }

  /** Half of the agents name their intent with a key; when an outcome is unknown they ask again, and nothing may run twice. */
  private async increment(args: CounterInput): Promise<void> {
    const key = this.props.index % 4 < 2 ? `load-${randomUUID()}` : undefined;
    const { outcome } = await this.call('increment', 'write', args, key);
    if (outcome !== 'unknown' || key === undefined) return;
    await this.timed('again', async () => {
      const reply = await this.session.call('increment', { ...args }, { key });
      if (reply.kind === 'error' && reply.data.error === 'OUTCOME_UNKNOWN') return { outcome: 'still unknown' };
      if (reply.kind === 'result' && reply.stamp?.replayed === true) return { outcome: 'replayed' };
      return { outcome: 'failed', detail: `sent again: ${brief(reply)}` };
    });
  }

  private async announce(): Promise<void> {
    const nonce = randomUUID();
    this.announced.add(nonce);
    this.listener?.await(nonce);
    await this.call('announce', 'read', { nonce });
  }

  private heard(data: Counted): void {
    const ours = data.client === this.props.name && this.announced.delete(data.nonce);
    this.listener?.heard(data.nonce);
    if (!ours) {
      const detail = `${this.props.name} heard ${JSON.stringify(data)}`;
      this.note({ operation: 'announcement', outcome: 'misrouted', at: Date.now(), detail });
    }
  }

  /** Opens the stream, or another one in its place. */
  private async listen(): Promise<void> {
    await this.listener?.close();
    this.listener = new Listener(this.session as LeanSession, this.expectation.instance, (judgement, at, instance) =>
      this.note({ operation: 'stream', at, ...judgement, ...(instance !== undefined && { instance }) }),
    );
    await this.listener.open();
  }

  /** A session that was ended is unknown from then on; the agent opens another one. */
  private async beginAgain(): Promise<void> {
    await this.listener?.close();
    await this.timed('delete', () => this.end());
    this.isOpen = false;
    await this.timed('after delete', async () => {
      const reply = await this.session.call('count', { nonce: randomUUID() });
      const unknown = reply.kind === 'http' && reply.status === 404;
      return unknown ? { outcome: 'ok' } : { outcome: 'failed', detail: `the session lives on: ${brief(reply)}` };
    });
    await this.open();
  }

  private async end(): Promise<Judgement> {
    const refusal = await this.session.end();
    return refusal === undefined ? { outcome: 'ok' } : judgeRefusal(refusal);
  }

  private async timed(operation: Operation, work: () => Promise<Judgement>, call: Pick<Entry, 'nonce' | 'told'> = {}): Promise<Judgement> {
    const at = Date.now();
    const { instance } = this.expectation;
    const judgement = await work().catch((error: Error): Judgement => ({ outcome: 'failed', detail: error.message.slice(0, 250) }));
    this.note({ operation, at, ...judgement, ...call, ...(instance !== undefined && { instance }) });
    return judgement;
  }

  private note(entry: Omit<Entry, 'ms' | 'session'>): void {
    this.props.note({ ...entry, ms: Date.now() - entry.at, session: this.props.name });
  }
}

function secondsOf(step: number): number {
  return step % SLOW_STEPS === 0 ? SLOW_SECONDS : 0;
}
