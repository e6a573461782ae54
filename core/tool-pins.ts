import { callDigest } from './call-digest';
import { readMembers } from './json-members';
import { type JsonBounds, REQUEST_BOUNDS } from './reading/json-scan';
import { remembered } from './remembered';
import { readStrictly } from './strict-json';

/** The tools of a server as somebody has reviewed them: what an agent reads of a tool is instruction to it, and a server may change it. */
export interface ToolPins {
  /** Digests of the definitions that are approved, by tool; several where a server gives several. */
  readonly approved: Readonly<Record<string, readonly string[]>>;
  /** What becomes of a definition that is none of them. `hide`: no agent gets it. `pass`: they do, and it is counted. */
  readonly otherwise: 'hide' | 'pass';
}

/** A schema may name the largest integer of 64 bits: what digits say is compared, and not what a double makes of them. */
export const DEFINITION_BOUNDS: JsonBounds = { ...REQUEST_BOUNDS, interoperable: false };

/** Definitions whose digests are remembered. */
const REMEMBERED = 2_000;
/** Stands for the tool's name in the digest: that is a part of the definition. */
const KIND = 'tool definition';

/**
 * Digest of all that a server says of a tool, whatever order its members have. Undefined for a text with a name that comes twice, which
 * two parsers could read differently: nobody has reviewed what an agent makes of it.
 * @param definition JSON text of a tool as `tools/list` has it (MCP 2025-11-25, Tools)
 */
export const definitionDigest: (definition: string) => string | undefined = remembered(REMEMBERED, (definition) => {
  try {
    return callDigest(KIND, readStrictly(Buffer.from(definition), DEFINITION_BOUNDS).text).digest;
  } catch {
    return undefined;
  }
});

/** The name in a definition; undefined where it has none. */
export function toolNameIn(definition: string): string | undefined {
  const name: unknown = JSON.parse(readMembers(definition).get('name') ?? 'null');
  return typeof name === 'string' ? name : undefined;
}

/** Whether a definition is one that is approved, of a server whose tools are pinned. */
export function isApproved({ approved }: ToolPins, tool: string, definition: string): boolean {
  const digest = definitionDigest(definition);
  return digest !== undefined && Object.hasOwn(approved, tool) && (approved[tool] ?? []).includes(digest);
}

/** Whether agents may call a tool, whose definition they may have from before: one of that name must have been approved. */
export function isCallable(pins: ToolPins | undefined, tool: string): boolean {
  return pins === undefined || pins.otherwise === 'pass' || Object.hasOwn(pins.approved, tool);
}
