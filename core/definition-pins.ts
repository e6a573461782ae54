import { callDigest } from './call-digest';
import { readMembers } from './json-members';
import { type JsonBounds, REQUEST_BOUNDS } from './reading/json-scan';
import { remembered } from './remembered';
import { readStrictly } from './strict-json';

/** What a server says that agents read as instruction: of what it has, each by the member that it is known by, and of itself. */
export const DEFINED_BY = {
  tools: 'name',
  prompts: 'name',
  resources: 'uri',
  resourceTemplates: 'uriTemplate',
  introduction: undefined,
} as const;
export type Defined = keyof typeof DEFINED_BY;
export const DEFINED = Object.keys(DEFINED_BY) as readonly Defined[];

/** Name of the one thing of its kind. */
export const ONLY_ONE = '';

/** Digests of definitions, by name; several where a server gives several. */
export type Approved = Readonly<Record<string, readonly string[]>>;

/** What a server says as somebody has reviewed it: agents take it for instruction, and a server may change it. */
export interface DefinitionPins {
  /** A kind that is not there is not held against anything. */
  readonly approved: Readonly<Partial<Record<Defined, Approved>>>;
  /** What becomes of a definition that is none of them. `hide`: no agent gets it. `pass`: they do, and it is counted. */
  readonly otherwise: 'hide' | 'pass';
}

/** A schema may name the largest integer of 64 bits: what digits say is compared, and not what a double makes of them. */
export const DEFINITION_BOUNDS: JsonBounds = { ...REQUEST_BOUNDS, interoperable: false };

/** Definitions whose digests are remembered. */
const REMEMBERED = 2_000;

/**
 * Digest of all that a server says of one thing, whatever order its members have. Undefined for a text with a name that comes twice, which
 * two parsers could read differently: nobody has reviewed what an agent makes of it.
 * @param definition JSON text, as a list has it (MCP 2025-11-25, Tools, Prompts, Resources) or {@link introductionIn} gives it
 */
export function definitionDigest(defined: Defined, definition: string): string | undefined {
  return digestOf(`${defined} ${definition}`);
}

const digestOf = remembered(REMEMBERED, (said) => {
  const space = said.indexOf(' ');
  try {
    // The name is a part of the definition: the kind stands in its place.
    return callDigest(said.slice(0, space), readStrictly(Buffer.from(said.slice(space + 1)), DEFINITION_BOUNDS).text).digest;
  } catch {
    return undefined;
  }
});

/** The name in a definition; undefined where it has none. */
export function nameIn(defined: Defined, definition: string): string | undefined {
  const member = DEFINED_BY[defined];
  if (member === undefined) return ONLY_ONE;
  const name: unknown = JSON.parse(readMembers(definition).get(member) ?? 'null');
  return typeof name === 'string' ? name : undefined;
}

/** Whether a definition is one that is approved, or of a kind that is not pinned. */
export function isApproved({ approved }: DefinitionPins, defined: Defined, name: string, definition: string): boolean {
  const digests = approved[defined];
  if (digests === undefined) return true;
  const digest = definitionDigest(defined, definition);
  return digest !== undefined && Object.hasOwn(digests, name) && (digests[name] ?? []).includes(digest);
}

/** Whether agents may ask for a thing, whose definition they may have from before: one of that name must have been approved. */
export function isUsable(pins: DefinitionPins | undefined, defined: Defined, name: string): boolean {
  const digests = pins?.approved[defined];
  return pins === undefined || digests === undefined || pins.otherwise === 'pass' || Object.hasOwn(digests, name);
}
