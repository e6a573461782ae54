import { randomUUID } from 'node:crypto';
import { evaluate } from '../core/reconcile';
import { type ExecutionsProbe, MARK, type ProbeCall, type ReadProbe, type WriteProbe } from '../core/server-checks';
import type { AgentClient, CallOptions, Reply } from './agent-client';

/** A probe with its mark in place. */
export interface PlannedCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly mark: string;
}

export function newMark(): string {
  return `check-${randomUUID()}`;
}

export function planned(probe: ProbeCall, mark = newMark()): PlannedCall {
  return { tool: probe.tool, arguments: marked(probe.arguments ?? {}, mark) as Record<string, unknown>, mark };
}

export function make(client: AgentClient, { tool, arguments: args }: PlannedCall, options?: CallOptions): Promise<Reply> {
  return client.call(tool, { ...args }, options);
}

/** Whether a read was answered as its probe expects. An expression that cannot be evaluated expects something else. */
export async function isRight({ expect }: ReadProbe, mark: string, reply: Reply): Promise<boolean> {
  if (reply.kind !== 'result' || reply.isError) return false;
  return expect === undefined || (await evaluate(expect, { mark, result: reply.result }).catch(() => false)) === true;
}

/** How often a write with this mark was executed, by what its own read was answered; a sentence where that does not tell. */
export async function countIn({ tool, count }: ExecutionsProbe, mark: string, reply: Reply): Promise<number | string> {
  if (reply.kind !== 'result' || reply.isError) return `unknown: ${tool} was answered ${JSON.stringify(reply).slice(0, 200)}`;
  const counted = await evaluate(count, { mark, result: reply.result }).catch((error: { message?: string }) => error.message);
  return typeof counted === 'number' ? counted : `unknown: the count of ${tool} gives ${JSON.stringify(counted)}, no number`;
}

export async function executionsOf(client: AgentClient, { executions }: WriteProbe, mark: string): Promise<number | string> {
  return await countIn(executions, mark, await make(client, planned(executions, mark)));
}

function marked(value: unknown, mark: string): unknown {
  if (typeof value === 'string') return value.replaceAll(MARK, mark);
  if (Array.isArray(value)) return value.map((item) => marked(item, mark));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, marked(inner, mark)]));
}
