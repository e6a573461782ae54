import { randomUUID } from 'node:crypto';
import type { ServerName } from './agents';

/** A call to make, and how to tell that its answer is the answer to it. */
export interface PlannedCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Text that a right answer holds. */
  readonly expects: string;
  /** Idempotency key, for calls that change state. */
  readonly key?: string;
}

/** The calls of one session. The memory server keeps a graph per session, so what it finds again proves where it was asked. */
export function workload(server: ServerName, session: number, calls: number): readonly PlannedCall[] {
  const mark = `${server}-${session}-${randomUUID().slice(0, 8)}`;
  return Array.from({ length: calls }, (_, index) => PLANS[server](mark, index));
}

const PLANS: Readonly<Record<ServerName, (mark: string, index: number) => PlannedCall>> = {
  everything: (mark, index) => {
    if (index % 2 === 0) return { tool: 'echo', arguments: { message: `${mark}/${index}` }, expects: `${mark}/${index}` };
    return { tool: 'get-sum', arguments: { a: index, b: 1000 }, expects: `${index + 1000}` };
  },
  memory: (mark, index) => {
    const entity = { name: mark, entityType: 'session', observations: [`opened as ${mark}`] };
    if (index === 0) return { tool: 'create_entities', arguments: { entities: [entity] }, expects: mark };
    if (index % 2 === 0) return { tool: 'open_nodes', arguments: { names: [mark] }, expects: `opened as ${mark}` };
    return { tool: 'search_nodes', arguments: { query: mark }, expects: `opened as ${mark}` };
  },
  payments: (mark, index) => {
    const reference = `${mark}/${index}`;
    const transfer = { from: 'operating', to: 'vendors', amount: 100 + index, currency: 'EUR', reference };
    if (index % 5 === 0) return { tool: 'transfer', arguments: transfer, expects: reference, key: reference };
    if (index % 5 === 1)
      return { tool: 'find_transfer', arguments: { reference: `${mark}/${index - 1}` }, expects: `${mark}/${index - 1}` };
    return { tool: 'balance', arguments: { account: 'vendors' }, expects: '"account":"vendors"' };
  },
};
