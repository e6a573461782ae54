/** Longest name of a tool, in bytes of UTF-8: it stands in the rows of all its calls. */
export const TOOL_NAME_LIMIT_BYTES = 1024;

/** Whether a tool of this name can be called: whatever a server may list, as long as it is text and fits a row. */
export function isToolName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.isWellFormed() && Buffer.byteLength(name) <= TOOL_NAME_LIMIT_BYTES;
}

/** Most tools, resources and prompts that one grant names. */
export const GRANT_LIMIT_NAMES = 1_000;
/** Most bytes of UTF-8 that the names in one grant have together: it is one item of the allowlist (DynamoDB: at most 400 KB). */
export const GRANT_LIMIT_BYTES = 100_000;

/** Whether these names fit one grant. */
export function fitsGrant(names: readonly string[]): boolean {
  return names.length <= GRANT_LIMIT_NAMES && names.reduce((bytes, name) => bytes + Buffer.byteLength(name), 0) <= GRANT_LIMIT_BYTES;
}
