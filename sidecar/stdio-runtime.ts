import { randomUUID } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { FleetError } from '../core/errors';
import { SESSION_HEADER } from '../core/headers';
import { MODERN_VERSION_META } from '../core/message';
import type { Budget } from './budget';
import type { ChildCommand } from './child';
import type { Clock } from './clock';
import { Conversation } from './conversation';
import type { Exchange } from './exchange';
import type { Limits } from './limits';
import type { Logger } from './log';
import type { Runtime } from './runtime';
import type { Session, Sessions } from './sessions';
import type { Slot } from './slots';
import type { Ahead } from './warm/pool';
import { WarmChildren } from './warm/warm-children';

/** A server that speaks on standard input and output: one child per session, and one per agent in the modern era. */
export class StdioRuntime implements Runtime {
  readonly #sessions = new Map<Session, Conversation>();
  readonly #agents = new Map<string, Conversation>();
  /** Every child that runs, or has left something that runs. */
  readonly #running = new Set<Conversation>();
  readonly #warm?: WarmChildren;
  #closed: (() => void)[] = [];

  constructor(
    private readonly command: ChildCommand,
    private readonly maxChildren: number,
    private readonly sessions: Sessions,
    private readonly budget: Budget,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly limits: Limits,
    private readonly onColdStart: () => void,
    ahead?: Ahead,
  ) {
    if (ahead === undefined) return;
    const room = () => Math.min(ahead.room(), maxChildren - this.#running.size + (this.#warm?.size ?? 0));
    this.#warm = new WarmChildren({ size: ahead.size, room }, () => this.#start(), clock, limits, log);
  }

  get warm(): number | undefined {
    return this.#warm?.count;
  }

  async isReady(): Promise<boolean> {
    return (this.#warm?.isSettled ?? true) && isExecutable(this.command);
  }

  openSession(exchange: Exchange, slot: Slot): void {
    const warm = this.#warm?.take();
    if (warm === undefined) this.#openIn(this.#startedNow(), exchange, slot);
    // It may have ended in this moment, or hang, and what initialize would do has not been done.
    else this.#openIn(warm, exchange, slot, () => this.#openIn(this.#startedNow(), exchange, slot));
  }

  /** @param onEarlyEnd opens the session elsewhere where the child ends or hangs before it has */
  #openIn(conversation: Conversation, exchange: Exchange, slot: Slot, onEarlyEnd?: () => void): void {
    let session: Session | undefined;
    let isElsewhere = false;
    conversation.belongTo(slot.agent, () => {
      giveUp();
      if (isElsewhere) return;
      slot.release();
      if (session !== undefined) this.sessions.end(session, 'lost');
      else this.log.warn({ agent: slot.agent }, 'session_not_opened');
    });
    const giveUp = this.clock.after(this.limits.initialize, () => {
      exchange.cut('the server process did not answer initialize');
      conversation.stop();
    });
    const onAnswer = (isError: boolean) => {
      giveUp();
      if (isError || exchange.closed) {
        conversation.stop();
        return;
      }
      session = this.sessions.open({
        id: randomUUID(),
        agent: exchange.context.agent,
        slot,
        end: (ended) => {
          this.#sessions.delete(ended);
          conversation.stop();
        },
      });
      this.#sessions.set(session, conversation);
      this.sessions.use(session, exchange);
      exchange.headers.push(SESSION_HEADER, session.id);
    };
    const onNone =
      onEarlyEnd &&
      (() => {
        isElsewhere = true;
        giveUp();
        onEarlyEnd();
      });
    conversation.request(exchange, onAnswer, onNone);
    exchange.onClosed(() => {
      if (session === undefined) conversation.stop();
      else if (!exchange.finished) this.sessions.end(session, 'abandoned');
    });
  }

  continueSession(exchange: Exchange, session: Session): void {
    const conversation = this.#sessions.get(session);
    if (conversation === undefined) exchange.refuse('unknown_session', 'the session has just ended');
    else if (exchange.request.method === 'GET') conversation.listen(exchange);
    else this.#say(exchange, conversation);
  }

  answerOnce(exchange: Exchange): void {
    if (exchange.meta()[MODERN_VERSION_META] === undefined) {
      throw new FleetError('INVALID_REQUEST', {
        reason: 'this server needs a session: send initialize first, then Mcp-Session-Id with every request',
      });
    }
    const { agent } = exchange.context;
    this.#say(exchange, this.#agents.get(agent) ?? this.#openForAgent(agent));
  }

  noteRoom(): void {
    this.#warm?.reviewSoon();
  }

  tend(): void {
    this.#warm?.review();
    for (const conversation of this.#sessions.values()) conversation.expire();
    const before = this.clock.now() - this.limits.agentChildIdle;
    for (const [agent, conversation] of this.#agents) {
      if (!conversation.busy && conversation.lastUsed <= before) this.#dismiss(agent, conversation);
    }
  }

  /** Resolves when no child runs any more; each gets its time to end, at most {@link Limits.childKill}, and so does what it has started. */
  async close(): Promise<void> {
    this.#warm?.close();
    for (const conversation of this.#running) conversation.stop();
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#closed.push(resolve));
  }

  #say(exchange: Exchange, conversation: Conversation): void {
    if (exchange.asks() !== undefined) conversation.request(exchange);
    else conversation.tell(exchange);
  }

  #openForAgent(agent: string): Conversation {
    const conversation = this.#warm?.take() ?? this.#startedNow();
    conversation.belongTo(agent, () => {
      if (this.#agents.get(agent) === conversation) this.#agents.delete(agent);
    });
    this.#agents.set(agent, conversation);
    return conversation;
  }

  /** Children of quiet agents hold no slot but do hold memory: the one unused longest gives way. */
  #makeRoom(): void {
    if (this.#running.size < this.maxChildren) return;
    const quiet = [...this.#agents.entries()].filter(([, conversation]) => !conversation.busy);
    const [oldest] = quiet.sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    if (oldest !== undefined) this.#dismiss(...oldest);
  }

  /** From here on the agent's next call gets a new child. */
  #dismiss(agent: string, conversation: Conversation): void {
    this.#agents.delete(agent);
    conversation.stop();
  }

  /** A child for which somebody has to wait. */
  #startedNow(): Conversation {
    this.onColdStart();
    const begun = this.#warm?.takeUnready();
    if (begun !== undefined) return begun;
    this.#makeRoom();
    return this.#start();
  }

  /** A child that is nobody's yet. */
  #start(): Conversation {
    const onGone = () => this.#gone(conversation);
    const conversation: Conversation = new Conversation(this.command, onGone, this.budget, this.clock, this.limits, this.log);
    this.#running.add(conversation);
    return conversation;
  }

  #gone(conversation: Conversation): void {
    this.#running.delete(conversation);
    this.#warm?.reviewSoon();
    if (this.#running.size === 0) for (const resolve of this.#closed.splice(0)) resolve();
  }
}

/** Whether the command's program exists, on its path where it is a bare name, and may be executed. */
function isExecutable({ command, environment }: ChildCommand): boolean {
  const program = command[0] as string;
  const places = program.includes('/') ? [program] : (environment.PATH ?? '').split(delimiter).map((folder) => join(folder, program));
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return statSync(place).isFile();
    } catch {
      return false;
    }
  });
}
