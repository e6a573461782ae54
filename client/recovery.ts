import { type Clock, DEFAULT_BUDGET, type RecoveryBudget, SYSTEM_CLOCK } from './budget';
import { Endpoint } from './endpoint';
import type { Fetch } from './send';
import type { Session } from './session';
import { Task } from './task';

/** What a key may be chosen from. */
export interface PlannedCall {
  readonly url: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface RecoveryOptions {
  /** Names the agent's task in the ledger and in its budget of sessions. Default: a random UUID. */
  readonly taskId?: string;
  /** How much recovery one request may cost. */
  readonly budget?: Partial<RecoveryBudget>;
  /**
   * Chooses the idempotency key of a call that carries none, so that the same intent has the same key also after the
   * agent was restarted. Undefined leaves the choice to us: a random UUID, or none for a tool that changes nothing.
   */
  readonly idempotencyKey?: (call: PlannedCall) => string | undefined;
  /** Whether `annotations.readOnlyHint` of a server is believed; when false, every call gets a key. Default true. */
  readonly trustAnnotations?: boolean;
  /** Whether a lost session is opened again without a word. Default true; the state that the server held for it is lost. */
  readonly reopenSessions?: boolean;
  /** What sends the requests. Default: the global `fetch`. */
  readonly fetch?: Fetch;
  readonly clock?: Partial<Clock>;
}

/** What all requests of one recovering fetch share. */
export class Recovery {
  readonly task: Task;
  readonly budget: RecoveryBudget;
  readonly clock: Clock;
  readonly reopens: boolean;
  readonly sessions = new Sessions();
  private readonly endpoints = new Map<string, Endpoint>();

  constructor(private readonly options: RecoveryOptions) {
    this.task = new Task(options.taskId ?? this.newKey());
    this.budget = { ...DEFAULT_BUDGET, ...options.budget };
    this.clock = { ...SYSTEM_CLOCK, ...options.clock };
    this.reopens = options.reopenSessions ?? true;
  }

  endpoint(url: string | URL): Endpoint {
    const { origin, pathname } = new URL(url);
    const key = origin + pathname;
    const known = this.endpoints.get(key) ?? new Endpoint(key);
    this.endpoints.set(key, known);
    return known;
  }

  fetch(url: string | URL, init: RequestInit): Promise<Response> {
    return (this.options.fetch ?? globalThis.fetch)(url, init);
  }

  chooseKey(call: PlannedCall): string | undefined {
    return this.options.idempotencyKey?.(call);
  }

  isReadOnly(endpoint: Endpoint, tool: string): boolean {
    return this.options.trustAnnotations !== false && endpoint.readOnlyTools.has(tool);
  }

  newKey(): string {
    return globalThis.crypto.randomUUID();
  }
}

/** Open sessions, by every id that a client may know them by. */
class Sessions {
  private readonly known = new Map<string, Session>();

  get(id: string | null): Session | undefined {
    return id === null ? undefined : this.known.get(id);
  }

  /** The session is known under its present id too. */
  add(session: Session): void {
    this.known.set(session.current, session);
  }

  forget(session: Session): void {
    for (const [id, known] of this.known) if (known === session) this.known.delete(id);
  }
}
