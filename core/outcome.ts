/**
 * What became of a call. `input_required`: the server asked for more before it goes on, and may have acted before it asked; it claims
 * nothing, and the next round of the same intent goes on under the same key (MCP 2026-07-28, multi-round-trip requests).
 */
export type Outcome = 'confirmed' | 'failed' | 'not_executed' | 'unknown' | 'input_required';
