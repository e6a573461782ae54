import type { AgentTerms } from './agent-terms';
import { FORMATS } from './formats';
import type { ToolRule } from './policy';

/** Type of the custom resource that brings a fleet's grants into its allowlist. */
export const GRANTS_RESOURCE = 'Custom::McpFleetGrants';
/** That of former versions, one for each agent. */
export const AGENT_GRANTS_RESOURCE = 'Custom::McpFleetAllowlist';

/** The one there is; who reads another refuses it. */
export const GRANTS_FORMAT = FORMATS.grants.format;

/**
 * All that construct code grants and denies in one fleet: the content of the file asset that the custom resource names. Where a text is known
 * at deployment only, such as the id of a Cognito app client, a {@link Later} stands in its place until {@link filledIn}.
 */
export interface GrantsDocument {
  readonly format: typeof GRANTS_FORMAT;
  /** `iss` of the agents' access tokens. */
  readonly issuer: string;
  /** Those that are granted or denied anything. */
  readonly agents: readonly GrantedAgent[];
}

export interface GrantedAgent {
  /** In construct code. */
  readonly name: string;
  readonly subject: string;
  /** Absent where it has none of its own. */
  readonly terms?: AgentTerms;
  /** At most one grant and one denial for each server. */
  readonly grants: readonly Grant[];
}

/** What an agent is granted on a server, or denied. */
export interface Grant {
  readonly server: string;
  readonly effect: 'allow' | 'deny';
  /** Tool names; `*` stands for all. */
  readonly tools: readonly string[];
  /** Tools that are granted within bounds; absent where there are none. */
  readonly rules?: readonly ToolRule[];
  /** Patterns of URIs, and of names of prompts; absent where there are none. */
  readonly resources?: readonly string[];
  readonly prompts?: readonly string[];
  /** Seconds since the epoch. */
  readonly expiresAt?: number;
}

/** What the custom resource has beside the function's name: where the document is, and what is filled into it. */
export interface GrantsProperties {
  readonly Bucket: string;
  readonly Key: string;
  readonly Values: readonly unknown[];
}

/** Stands for the value of this index: no condition, rule or list of a document is an object with this member and a number. */
interface Later {
  readonly $value: number;
}

export function later(index: number): Later {
  return { $value: index };
}

/**
 * The document with its values in their places.
 * @throws Error for a place that has no value
 */
export function filledIn(document: unknown, values: readonly unknown[]): unknown {
  if (Array.isArray(document)) return document.map((item) => filledIn(item, values));
  if (typeof document !== 'object' || document === null) return document;
  if (!isLater(document)) return Object.fromEntries(Object.entries(document).map(([name, item]) => [name, filledIn(item, values)]));
  const value = values[document.$value];
  if (value === undefined) throw new Error(`The grants name a value ${document.$value}, and there are ${values.length}`);
  return value;
}

function isLater(object: object): object is Later {
  const [value, ...others] = Object.entries(object);
  return value?.[0] === '$value' && typeof value[1] === 'number' && others.length === 0;
}
