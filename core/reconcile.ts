import jsonata from 'jsonata';
import type { Json } from './strict-json';

/** A read that shows whether a call whose answer was lost has happened. The expressions are JSONata. */
export interface ReconcileConfig {
  /** Tool of the same server that only reads. */
  readonly tool: string;
  /** Gives the read's arguments, an object, from the call: `{ arguments, idempotencyKey, callId }`. */
  readonly arguments: string;
  /** `true` from the call and the read's `result` when the call happened. */
  readonly landed: string;
  /** `true` when it did not. Where both say the same, nothing is shown. */
  readonly notLanded: string;
  /** Gives the result that the agent gets for a call that happened; without it, a sentence. */
  readonly result?: string;
  /** Longest time, in seconds, from the call's arrival at its server until its effect can be read. */
  readonly effectSeconds: number;
}

/** What the expressions see of the call. */
export interface ReconciledCall {
  readonly arguments: Json;
  readonly idempotencyKey: string | null;
  readonly callId: string;
}

export type Landing = 'landed' | 'not_landed' | 'undecided';

/** Bounds of one evaluation: the expression is the operator's, but what it walks through is the server's. */
const BOUNDS = { timeout: 1_000, stack: 500, sequence: 10_000 };

/** What is wrong with an expression; undefined when it is well-formed. */
export function expressionProblem(text: string): string | undefined {
  try {
    jsonata(text);
    return undefined;
  } catch (error) {
    const { message, position } = error as { message: string; position?: number };
    return position === undefined ? message : `${message} (at character ${position})`;
  }
}

/** Names that the expressions read of the call's arguments: what stands in a path that begins with `arguments`. */
export function argumentNames(config: ReconcileConfig): ReadonlySet<string> {
  const standing = namesRead.get(config) ?? new Set(expressionsOf(config).flatMap((text) => namesBehindArguments(jsonata(text).ast())));
  namesRead.set(config, standing);
  return standing;
}

const namesRead = new WeakMap<ReconcileConfig, ReadonlySet<string>>();

function expressionsOf({ arguments: args, landed, notLanded, result }: ReconcileConfig): string[] {
  return [args, landed, notLanded, ...(result === undefined ? [] : [result])];
}

/** @param node of the syntax tree of an expression; @param within it stands in such a path */
function namesBehindArguments(node: unknown, within = false): string[] {
  if (Array.isArray(node)) return node.flatMap((part) => namesBehindArguments(part, within));
  if (typeof node !== 'object' || node === null) return [];
  const { type, value, steps } = node as {
    readonly type?: unknown;
    readonly value?: unknown;
    readonly steps?: readonly { value?: unknown }[];
  };
  const inPath = within || steps?.[0]?.value === 'arguments';
  const named = inPath && (type === 'name' || type === 'string') && typeof value === 'string' ? [value] : [];
  return [...named, ...Object.values(node).flatMap((part) => namesBehindArguments(part, inPath))];
}

/** Arguments of the read. @throws Error when the expression gives no object */
export async function readArguments({ arguments: expression }: ReconcileConfig, call: ReconciledCall): Promise<{ [name: string]: Json }> {
  const value = await evaluate(expression, { ...call });
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('the expression for the arguments gives no object');
  return value;
}

/** What a read shows. Only `true` counts: an absent member, a text or an error of the expression shows nothing. */
export async function judgeRead(config: ReconcileConfig, call: ReconciledCall, result: Json): Promise<Landing> {
  const [landed, notLanded] = await Promise.all(
    [config.landed, config.notLanded].map(async (expression) => (await evaluate(expression, { ...call, result })) === true),
  );
  if (landed === notLanded) return 'undecided';
  return landed ? 'landed' : 'not_landed';
}

/** The `CallToolResult` for a call that happened, as JSON text; with the `resultType` that a modern client wants (MCP 2026-07-28, § Results). */
export async function landedResult({ tool, result: expression }: ReconcileConfig, call: ReconciledCall, result: Json): Promise<string> {
  const made = expression === undefined ? undefined : await evaluate(expression, { ...call, result });
  if (typeof made === 'object' && made !== null && !Array.isArray(made))
    return JSON.stringify({ resultType: 'complete', content: [], ...made });
  const text = `The call was executed. Its own result was lost; "${tool}" shows that it took effect.`;
  return JSON.stringify({ resultType: 'complete', content: [{ type: 'text', text }] });
}

/** Evaluates JSONata within bounds. Plain JSON in and out: JSONata marks its arrays with members of its own. */
export async function evaluate(expression: string, input: unknown): Promise<Json | undefined> {
  const value: unknown = await jsonata(expression, BOUNDS).evaluate(input);
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as Json);
}
