import type { Logger } from 'pino';
import { type AgentTerms, budgetOf } from '../../core/agent-terms';
import { FleetError } from '../../core/errors';
import type { FleetConfig } from '../../core/fleet-config';
import { groupsOf, type SessionGroup } from '../../core/session-group';
import type { Metrics } from '../metrics';
import type { HeldSession } from '../upstream/held-session';
import type { Directory, DirectoryRow } from './directory';

export interface FanOutParts {
  readonly config: Pick<FleetConfig, 'sessionBudget'>;
  readonly directory: Directory;
  /** Whether the instance of a session still holds it. */
  readonly holds: HeldSession;
  readonly metrics: Metrics;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** When a task that holds as many sessions as it may should ask again, in milliseconds. */
const RETRY_AFTER_MS = 10_000;
/** For so long, in milliseconds, it holds that all sessions of a full group are open, unless one has been counted out. */
const LOOKED_MS = 5_000;
const REMEMBERED_GROUPS = 10_000;

/** A group in which there was no room. */
interface Full {
  /** When each of its sessions was looked at, in milliseconds since the epoch. */
  readonly at: number;
  readonly refusal: FleetError;
}

type Opener = Pick<DirectoryRow, 'agent' | 'task'>;

/**
 * How many sessions an agent's task, and an agent, hold on all servers, whichever gateways they came by. What is counted is a set of
 * sessions, not a number: where there seems to be no room, each of them is looked at, and what has ended without a word (idle, or with its
 * instance) is counted no more.
 */
export class FanOut {
  private readonly full = new Map<string, Full>();

  constructor(private readonly parts: FanOutParts) {}

  /**
   * Refuses who has been refused before, and would be again, before that takes a slot or anything else of a server. Others learn when
   * their session is listed.
   * @throws FleetError TASK_BUDGET, LEDGER_UNAVAILABLE
   */
  async refuseFull(opener: Opener, terms: AgentTerms | undefined): Promise<void> {
    for (const group of this.groupsOf(opener, terms)) {
      const full = this.full.get(group.key);
      if (full === undefined) continue;
      const counted = (await this.parts.directory.readGroup(group.key))?.members?.size ?? 0;
      if (counted >= group.limit && full.at + LOOKED_MS > this.parts.now()) throw full.refusal;
      const open = counted < group.limit ? [] : await this.lookThrough(group);
      if (open.length >= group.limit) throw this.foundFull(group, open);
      this.full.delete(group.key);
    }
  }

  /** Counts a session that has been listed. @throws FleetError TASK_BUDGET, LEDGER_UNAVAILABLE; then it is not counted */
  async enter(row: DirectoryRow, terms: AgentTerms | undefined): Promise<void> {
    const entered: SessionGroup[] = [];
    try {
      for (const group of this.groupsOf(row, terms)) {
        const members = await this.join(group, row);
        entered.push(group);
        if (group.task !== undefined) this.parts.metrics.observe(row.server, 'SessionsPerAgentTask', members.size);
      }
    } catch (error) {
      for (const { key } of entered) await this.drop(key, [row.session]);
      throw error;
    }
  }

  /** Counts a session no more that has ended. What cannot be written now is found out when there seems to be no room. */
  async leave(row: DirectoryRow, terms: AgentTerms | undefined): Promise<void> {
    for (const { key } of this.groupsOf(row, terms)) await this.drop(key, [row.session]);
  }

  private groupsOf(opener: Opener, terms: AgentTerms | undefined): readonly SessionGroup[] {
    return groupsOf(opener, budgetOf(this.parts.config.sessionBudget, terms));
  }

  private async join(group: SessionGroup, row: DirectoryRow): Promise<ReadonlySet<string>> {
    const { directory } = this.parts;
    const joined = await directory.join({ session: group.key, expiresAt: row.expiresAt }, row.session, group.limit);
    if (joined !== undefined) return joined;
    const open = await this.lookThrough(group);
    const second = await directory.join({ session: group.key, expiresAt: row.expiresAt }, row.session, group.limit);
    if (second !== undefined) return second;
    throw this.foundFull(group, open);
  }

  private foundFull(group: SessionGroup, open: readonly DirectoryRow[]): FleetError {
    const whose = group.task === undefined ? 'this agent' : `the task ${JSON.stringify(group.task)}`;
    const refusal = new FleetError('TASK_BUDGET', {
      reason: `${whose} holds ${open.length} sessions (${byServer(open)}), as many as it may: end one with DELETE`,
      retryAfterMs: RETRY_AFTER_MS,
    });
    this.full.delete(group.key);
    if (this.full.size >= REMEMBERED_GROUPS) this.full.delete(this.full.keys().next().value as string);
    this.full.set(group.key, { at: this.parts.now(), refusal });
    return refusal;
  }

  /** @returns those that are open; the others are counted no more */
  private async lookThrough({ key }: SessionGroup): Promise<readonly DirectoryRow[]> {
    const { directory } = this.parts;
    const members = [...((await directory.readGroup(key))?.members ?? [])];
    const rows = await Promise.all(members.map((member) => this.openRow(member)));
    const ended = members.filter((_, at) => rows[at] === undefined);
    if (ended.length > 0) await this.drop(key, ended);
    return rows.filter((row) => row !== undefined);
  }

  private async openRow(session: string): Promise<DirectoryRow | undefined> {
    const { directory, holds, now } = this.parts;
    const row = await directory.read(session);
    if (row === undefined || row.closedAt !== undefined || row.expiresAt * 1_000 <= now()) return undefined;
    return (await holds(row)) ? row : undefined;
  }

  private async drop(key: string, members: readonly string[]): Promise<void> {
    const { directory, log } = this.parts;
    await directory.leave(key, members).catch((error: Error) => {
      log.warn({ event: 'sessions_not_counted_out', group: key, sessions: members.length, reason: error.message });
    });
  }
}

function byServer(rows: readonly DirectoryRow[]): string {
  const counts = new Map<string, number>();
  for (const { server } of rows) counts.set(server, (counts.get(server) ?? 0) + 1);
  return [...counts].map(([server, count]) => `${count} on ${server}`).join(', ');
}
