import type { Logger } from 'pino';
import { readMembers } from '../../core/json-members';
import { isSettled, type LedgerRow, type Outcome } from '../../core/ledger';
import type { Response } from '../upstream/reading';
import type { Directory } from './directory';
import { encodeText } from './kept-text';
import type { Ledger, Settlement } from './ledger';

/** Longest time for which a task keeps its call open, in milliseconds, whatever the server says. */
const LONGEST_TASK_MS = 7 * 24 * 3_600_000;
/** The same where the server names no time. */
const USUAL_TASK_MS = 24 * 3_600_000;

export interface OpenTaskParts {
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
  async note({ server, agent, pk, fence }: LedgerRow, taskId: string, until: number): Promise<void> {
    await this.parts.directory.noteTask({
      session: nameOf({ server, agentId: agent }, taskId),
      pk,
      fence,
      expiresAt: Math.ceil(until / 1_000),
    });
  }

  /** Settles the call of a task by what its agent has been told of the task. A failure is logged: the next one who asks settles it. */
  async hear(asker: Asker, method: string, taskId: unknown, { member, payload }: Response): Promise<void> {
    const end = typeof taskId === 'string' && member === 'result' ? endOf(method, payload) : undefined;
    if (end === undefined) return;
    const { ledger, directory, now, log } = this.parts;
    try {
      const noted = await directory.readTask(nameOf(asker, taskId as string));
      const row = noted === undefined ? undefined : await ledger.read(noted.pk);
      if (row === undefined || row.fence !== noted?.fence || (isSettled(row.state) && row.state !== 'unknown')) return;
      const { text, encoding } = await encodeText(end.payload);
      const kept = { result: text, ...(encoding !== undefined && { resultEncoding: encoding }) };
      await ledger.advance(
        row,
        end.outcome,
        { settledAt: now(), ...kept },
        `its task ${end.outcome === 'unknown' ? 'was cancelled' : 'ended'}`,
      );
      log.info({ event: 'settled_by_task', callId: row.callId, server: asker.server, state: end.outcome });
    } catch (error) {
      log.warn({ event: 'task_not_settled', server: asker.server, reason: (error as Error).message });
    }
  }
}

/** What the end of a task makes of its call; undefined while it goes on. A cancelled task may have acted before. */
function endOf(method: string, payload: string): { outcome: Outcome; payload: string } | undefined {
  const members = readMembers(payload);
  if (method === 'tasks/result') return { outcome: members.get('isError') === 'true' ? 'failed' : 'confirmed', payload };
  const status = members.get('status');
  if (status === '"cancelled"') return { outcome: 'unknown', payload };
  if (status === '"failed"') return { outcome: 'failed', payload };
  if (status !== '"completed"') return undefined;
  const result = members.get('result');
  const inline = result?.[0] === '{' ? result : payload;
  return { outcome: readMembers(inline).get('isError') === 'true' ? 'failed' : 'confirmed', payload: inline };
}

function nameOf({ server, agentId }: Asker, taskId: string): string {
  return `task#${server}#${agentId}#${taskId}`;
}
