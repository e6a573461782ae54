/** Longest name of a tool, in bytes of UTF-8: it stands in the rows of all its calls. */
export const TOOL_NAME_LIMIT_BYTES = 1024;

/** Whether a tool of this name can be called: whatever a server may list, as long as it is text and fits a row. */
export function isToolName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.isWellFormed() && Buffer.byteLength(name) <= TOOL_NAME_LIMIT_BYTES;
}
