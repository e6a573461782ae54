import { DEFAULT_BUDGET, SYSTEM_CLOCK } from './budget';
import { Endpoint } from './endpoint';
import type { Clock, PlannedCall, RecoveryBudget, RecoveryOptions } from './options';
import type { Session } from './session';
import { Task } from './task';

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
