import type { Logger } from 'pino';
import type { FleetConfig } from '../../core/fleet-config';
import { readMembers } from '../../core/json-members';
import type { Ledger, Settlement } from '../../ledger/ledger';
import { isSettled, type LedgerRow } from '../../ledger/row';
import { judgingOf } from '../../ledger/verdict';
import type { Directory } from './directory';
import { endOf, type TaskEnd, type TaskNews, verdictOf } from './task-end';

/** Longest time for which a task keeps its call open, in milliseconds, whatever the server says. */
const LONGEST_TASK_MS = 7 * 24 * 3_600_000;
/** The same where the server names no time. */
const USUAL_TASK_MS = 24 * 3_600_000;

export interface OpenTaskParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly ledger: Ledger;
  readonly directory: Directory;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Who is told of a task: only the agent whose call began it. */
interface Asker {
  readonly server: string;
  readonly agentId: string;
}

/**
 * Calls that were answered with a task (MCP 2025-11-25, tasks; the extension of 2026-07-28): their outcome is still to come. Their rows
 * stay `sent`, with the task as what is known of them, until somebody hears of the task's end.
 */
export class OpenTasks {
  constructor(private readonly parts: OpenTaskParts) {}

  /** What a row keeps of its task, and for how long it waits for it. @param result JSON text that names the task */
  opening(taskId: string, result: string): Settlement {
    const members = readMembers(result);
    const task = members.has('task') ? readMembers(members.get('task')) : members;
    const given = Number(task.get('ttl') ?? task.get('ttlMs') ?? Number.NaN);
    const lasts = Number.isFinite(given) && given > 0 ? Math.min(given, LONGEST_TASK_MS) : USUAL_TASK_MS;
    return { openTask: taskId, leaseUntil: this.parts.now() + lasts };
  }

  /** Notes which call a task belongs to, so that any replica that hears of its end settles it. */
  async note(
    { server, agent, pk, fence }: Pick<LedgerRow, 'server' | 'agent' | 'pk' | 'fence'>,
    taskId: string,
    until: number,
  ): Promise<void> {
    await this.parts.directory.noteTask({
      session: nameOf({ server, agentId: agent }, taskId),
      pk,
      fence,
      expiresAt: Math.ceil(until / 1_000),
    });
  }

  /** Whether a call of this agent goes on, or went on, as this task. @throws FleetError LEDGER_UNAVAILABLE */
  async isOf(asker: Asker, taskId: unknown): Promise<boolean> {
    return typeof taskId === 'string' && (await this.parts.directory.readTask(nameOf(asker, taskId))) !== undefined;
  }

  /** Settles the call of a task by what is said of the task. A failure is logged: the next one who asks settles it. */
  async hear(asker: Asker, said: TaskNews): Promise<void> {
    const end = endOf(said);
    if (end === undefined || typeof said.taskId !== 'string') return;
    const { ledger, directory, log } = this.parts;
    try {
      const noted = await directory.readTask(nameOf(asker, said.taskId));
      const row = noted === undefined ? undefined : await ledger.read(noted.pk);
      if (row === undefined || row.fence !== noted?.fence || (isSettled(row.state) && row.state !== 'unknown')) return;
      await this.settle(row, end);
    } catch (error) {
      log.warn({ event: 'task_not_settled', server: asker.server, reason: (error as Error).message });
    }
  }

  private async settle(row: LedgerRow, end: TaskEnd): Promise<void> {
    const { ledger, config, now, log } = this.parts;
    const verdict = await verdictOf(end, judgingOf(row, config), now());
    if (verdict === undefined) return;
    const { outcome, settlement } = verdict;
    await ledger.advance(row, outcome, settlement, end.kind === 'cancelled' ? 'its task was cancelled' : 'its task ended');
    log.info({ event: 'settled_by_task', callId: row.callId, server: row.server, state: outcome });
  }
}

function nameOf({ server, agentId }: Asker, taskId: string): string {
  return `task#${server}#${agentId}#${taskId}`;
}
