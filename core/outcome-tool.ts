import type { ServerConfig } from './fleet-config';
import { KEY_LIMIT_BYTES } from './key-demand';

/** Name of the tool that the gateway itself adds to a server, for agents that can only call tools. */
export const OUTCOME_TOOL = 'fleet_call_outcome';

/** Whether a tool of this server is the gateway's own; one of the same name that the server has is then out of reach. */
export function isOutcomeTool({ outcomeTool }: ServerConfig, tool: unknown): boolean {
  return outcomeTool === true && tool === OUTCOME_TOOL;
}

const DESCRIPTION = `Tells what became of a tool call that you made on this server earlier. It only reads a record: it executes nothing and never sends that call again.

Use it when a call ended with an error whose data.outcome is "unknown", when its answer never came, or whenever you are not sure whether it was executed; and use it before you call that tool again.

The answer has one of these outcomes:
- "confirmed": the call was executed, and "result" is what it returned. Do not call again.
- "failed": the tool refused it ("result" or "error" says why); the same call would fail again.
- "not_executed": the call has changed nothing. It may be made again, with the same idempotency key.
- "input_required": the server asked for input before it goes on; make the same call again, with the same idempotency key.
- "unknown": nobody can tell whether it was executed. Do not repeat it under another key; ask again later, or tell a person.
Instead of an outcome, "state" says that it is still under way: ask again in some seconds.`;

/** The tool as `tools/list` shows it. The answer has the members of `GET /{server}/calls/{key}`. */
export const OUTCOME_TOOL_LISTING = {
  name: OUTCOME_TOOL,
  title: 'Outcome of an earlier call',
  description: DESCRIPTION,
  inputSchema: {
    type: 'object',
    properties: {
      key: {
        type: 'string',
        minLength: 1,
        maxLength: KEY_LIMIT_BYTES,
        description: "The call's idempotency key (error.data.idempotencyKey), or its call id (error.data.callId) where it had no key.",
      },
    },
    required: ['key'],
    additionalProperties: false,
  },
  // No type for what another server wrote: whatever it is, an SDK that validates must let it through.
  outputSchema: {
    type: 'object',
    properties: {
      callId: { type: 'string', description: 'Id of that call in the ledger; absent when there is no such call.' },
      idempotencyKey: { type: 'string', description: 'The key that it was made with.' },
      server: { type: 'string' },
      tool: { type: 'string', description: 'The tool that was called.' },
      outcome: { type: 'string', enum: ['confirmed', 'failed', 'not_executed', 'unknown', 'input_required'] },
      state: { type: 'string', enum: ['claimed', 'sent'], description: 'Instead of outcome while the call is under way.' },
      settledAt: { type: 'number', description: 'When the outcome was known, in milliseconds since the epoch.' },
      reason: { type: 'string', description: 'Why, where the outcome is not "confirmed".' },
      result: { description: 'The result of that call as the server gave it.' },
      error: { description: 'The JSON-RPC error of that call as the server gave it.' },
    },
    required: ['server'],
  },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
} as const;
