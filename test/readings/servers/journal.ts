import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Header that carries the mark of a case through every hop: an intermediary passes an `Mcp-Param-*` that it does not know
 * (MCP 2026-07-28, Streamable HTTP § Custom Headers).
 */
export const MARK_HEADER = 'mcp-param-mark';

/** One thing that a server did. */
export interface Deed {
  /**
   * Execution of a tool; a session that was opened or ended; a child that was started; a request of the server that was answered;
   * one of its client that was cancelled.
   */
  readonly what: 'executed' | 'opened' | 'ended' | 'started' | 'answered' | 'cancelled';
  readonly server: string;
  /** Name of the tool, id of the session (of what is said in one, too), or process id. */
  readonly name: string;
  /** The arguments as the server read them. */
  readonly args?: unknown;
}

/** What servers did, by the mark of the case for which they did it: a record beside the protocol. */
export class Journal {
  private readonly deeds = new Map<string, Deed[]>();
  private readonly marks = new AsyncLocalStorage<string>();
  /** Marks for which sessions were opened: a sidecar ends one without a word of whose it was. */
  private readonly openers = new Map<string, string>();

  /** Whatever is done in here is done for this mark. */
  under<T>(mark: string | undefined, work: () => T): T {
    return mark === undefined ? work() : this.marks.run(mark, work);
  }

  /** @param mark where the work is not {@link under} one */
  note(deed: Deed, mark = this.marks.getStore() ?? markIn(deed.args) ?? UNKNOWN): void {
    if (deed.what === 'opened') this.openers.set(deed.name, mark);
    const owner = this.openers.get(deed.name) ?? mark;
    const noted = this.deeds.get(owner);
    if (noted === undefined) this.deeds.set(owner, [deed]);
    else noted.push(deed);
  }

  of(mark: string): readonly Deed[] {
    return this.deeds.get(mark) ?? [];
  }

  /** What cannot be told to belong to any case. */
  get unmarked(): readonly Deed[] {
    return this.of(UNKNOWN);
  }

  forget(mark: string): void {
    for (const { what, name } of this.of(mark)) if (what === 'opened') this.openers.delete(name);
    this.deeds.delete(mark);
  }
}

const UNKNOWN = '';

/** Ids of sessions that were opened and not ended. */
export function openSessions(deeds: readonly Deed[]): string[] {
  const ended = new Set(deeds.filter(({ what }) => what === 'ended').map(({ name }) => name));
  return deeds.filter(({ what, name }) => what === 'opened' && !ended.has(name)).map(({ name }) => name);
}

/** A call that lost its header on the way, as at stdio, still has its arguments. */
function markIn(args: unknown): string | undefined {
  if (typeof args !== 'object' || args === null) return undefined;
  const { mark } = args as { mark?: unknown };
  return typeof mark === 'string' ? mark : undefined;
}
