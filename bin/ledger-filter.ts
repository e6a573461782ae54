import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AllowlistEntry } from '../core/policy';
import type { RowFilter } from '../ledger/ledger-reader';
import type { LedgerState } from '../ledger/row';
import { agentIdOf } from './place/agents';

const STATES: readonly LedgerState[] = ['claimed', 'sent', 'confirmed', 'failed', 'not_executed', 'input_required', 'unknown'];

export interface FilterOptions {
  readonly agent?: string;
  readonly task?: string;
  readonly tool?: string;
  readonly server?: string;
  readonly outcome?: LedgerState;
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
}

/** Adds the options by which calls are chosen. */
export function ofCalls(command: Command): Command {
  return command
    .option('--server <name>', 'calls of this server')
    .option('--tool <name>', 'of this tool')
    .option('--agent <name>', 'by this agent: its name in the app, its subject or its id')
    .option('--task <name>', 'of this task')
    .addOption(new Option('--outcome <state>', 'that have ended so, or stand so').choices(STATES))
    .option('--since <moment>', 'from then on: 2026-11-27T12:00:00Z, or so long ago, 90s to 10000d', moment)
    .option('--until <moment>', 'before then', moment);
}

/** @throws CommandError where no such agent is known */
export function filterOf(
  { agent, outcome, task, tool, server, since, until }: FilterOptions,
  allowlist: readonly AllowlistEntry[],
): RowFilter {
  return {
    ...(server !== undefined && { server }),
    ...(tool !== undefined && { tool }),
    ...(task !== undefined && { task }),
    ...(agent !== undefined && { agent: agentIdOf(agent, allowlist) }),
    ...(outcome !== undefined && { state: outcome }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

const MILLISECONDS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** @returns milliseconds since the epoch */
export function moment(text: string): number {
  const [, amount, unit] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) return Date.now() - Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
  const at = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw new InvalidArgumentError(
    `"${text}" is no moment; expected ISO 8601 with its zone, such as 2026-11-27T12:00:00Z, a day, or so long ago, such as 90s, 15m, 2h or 7d.`,
  );
}
