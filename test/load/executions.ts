import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { EXECUTED } from './counter';
import type { Entry } from './journal';

/** What the servers' own logs say of state-changing calls, against what the agents were told. */
export interface Executions {
  readonly executed: number;
  /** Calls that ran more than once. */
  readonly twice: number;
  /** Calls that were answered with a result and are in no log. */
  readonly missing: number;
  /** Of the calls whose agents were told that the outcome is unknown: those that ran, and those that did not. */
  readonly unknown: { readonly ran: number; readonly didNotRun: number };
}

const ANSWERED = ['ok', 'restored', 'told again', 'restarted silently'];

/** @param logFiles of all processes; what a server that was killed has written is in them too */
export async function readExecutions(logFiles: readonly string[], entries: readonly Entry[]): Promise<Executions> {
  const times = new Map<string, number>();
  for (const file of logFiles) {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      if (!line.startsWith(`{"event":"${EXECUTED}"`)) continue;
      const { nonce } = JSON.parse(line) as { nonce: string };
      times.set(nonce, (times.get(nonce) ?? 0) + 1);
    }
  }
  const writes = entries.filter(({ operation }) => operation === 'write');
  const ran = ({ nonce }: Entry): boolean => times.has(nonce as string);
  const unknown = writes.filter(({ outcome }) => outcome === 'unknown');
  return {
    executed: times.size,
    twice: [...times.values()].filter((count) => count > 1).length,
    missing: writes.filter((entry) => ANSWERED.includes(entry.outcome) && !ran(entry)).length,
    unknown: { ran: unknown.filter(ran).length, didNotRun: unknown.filter((entry) => !ran(entry)).length },
  };
}
