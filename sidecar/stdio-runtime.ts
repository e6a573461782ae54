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

/** A server that speaks on standard input and output: one child per session, and one per agent in the modern era. */
export class StdioRuntime implements Runtime {
  readonly #sessions = new Map<Session, Conversation>();
  readonly #agents = new Map<string, Conversation>();
  /** Every child that runs, or has left something that runs. */
  readonly #running = new Set<Conversation>();
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
  ) {}

  async isReady(): Promise<boolean> {
    return isExecutable(this.command);
  }

  openSession(exchange: Exchange, slot: Slot): void {
    let session: Session | undefined;
    const conversation = this.#spawn(slot.agent, () => {
      giveUp();
      slot.release();
      if (session !== undefined) this.sessions.end(session, 'lost');
      else this.log.warn({ agent: slot.agent }, 'session_not_opened');
    });
    const giveUp = this.clock.after(this.limits.initialize, () => {
      exchange.cut('the server process did not answer initialize');
      conversation.stop();
    });
    conversation.request(exchange, (isError) => {
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
    });
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

  endIdle(): void {
    const before = this.clock.now() - this.limits.agentChildIdle;
    for (const [agent, conversation] of this.#agents) {
      if (!conversation.busy && conversation.lastUsed <= before) this.#dismiss(agent, conversation);
    }
  }

  /** Resolves when no child runs any more; each gets its time to end, at most {@link Limits.childKill}, and so does what it has started. */
  async close(): Promise<void> {
    for (const conversation of this.#running) conversation.stop();
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#closed.push(resolve));
  }

  #say(exchange: Exchange, conversation: Conversation): void {
    if (exchange.asks() !== undefined) conversation.request(exchange);
    else conversation.tell(exchange);
  }

  #openForAgent(agent: string): Conversation {
    this.#makeRoom();
    const conversation: Conversation = this.#spawn(agent, () => {
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

  #spawn(agent: string, onEnd: () => void): Conversation {
    this.onColdStart();
    const conversation: Conversation = new Conversation(
      this.command,
      agent,
      { onEnd, onGone: () => this.#gone(conversation) },
      this.budget,
      this.clock,
      this.limits,
      this.log,
    );
    this.#running.add(conversation);
    return conversation;
  }

  #gone(conversation: Conversation): void {
    this.#running.delete(conversation);
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
