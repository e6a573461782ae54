import type { ToolConfig } from '../../core/fleet-config';
import { type Members, readMembers, writeMembers } from '../../core/json-members';
import { DEMAND_META, demandOf, KEY_LIMIT_BYTES } from '../../core/key-demand';
import type { Json } from '../../core/strict-json';

const KEY_DESCRIPTION = `Idempotency key, 1 to ${KEY_LIMIT_BYTES} bytes: names one intent. One key is never executed twice; take a new one for a new intent.`;

/** What a schema may consist of for a property to be added: any other keyword could forbid it, or say something else of it. */
const PLAIN_KEYWORDS = ['$schema', '$defs', 'type', 'title', 'description', 'properties', 'required', 'additionalProperties'];

/**
 * Writes into a listed tool what its calls must bring: into `_meta` for programs, and into the input schema where the key is
 * an argument and required. A member of ours that the server has put there is replaced; a tool that only reads has none.
 * @returns the same members where nothing has to change
 */
export function withDemand(tool: Members, config: ToolConfig): Members {
  const demand = demandOf(config);
  const meta = readMembers(tool.get('_meta'));
  if (demand === undefined && !meta.has(DEMAND_META)) return tool;
  const changed = new Map(tool);
  if (demand === undefined) meta.delete(DEMAND_META);
  else meta.set(DEMAND_META, JSON.stringify(demand));
  changed.set('_meta', writeMembers(meta));
  const schema = tool.get('inputSchema');
  if (demand?.key === 'required' && demand.in.argument !== undefined && schema !== undefined) {
    changed.set('inputSchema', withKeyArgument(schema, demand.in.argument));
  }
  return changed;
}

/** A schema that does not have the argument gets it only if it is open to any; else it stays as it is. */
function withKeyArgument(text: string, argument: string): string {
  const schema = readMembers(text);
  const properties = readMembers(schema.get('properties'));
  const property = properties.get(argument);
  if (property === undefined && !isOpen(schema)) return text;
  properties.set(argument, described(property));
  schema.set('properties', writeMembers(properties));
  schema.set('required', withElement(schema.get('required'), argument));
  return writeMembers(schema);
}

function isOpen(schema: Members): boolean {
  const others = schema.get('additionalProperties') ?? 'true';
  return schema.size > 0 && others === 'true' && [...schema.keys()].every((keyword) => PLAIN_KEYWORDS.includes(keyword));
}

function described(property = '{"type":"string"}'): string {
  const members = readMembers(property);
  if (property[0] !== '{' || members.has('description')) return property;
  return writeMembers(members.set('description', JSON.stringify(KEY_DESCRIPTION)));
}

function withElement(list = '[]', name: string): string {
  const names = JSON.parse(list) as Json;
  if (!Array.isArray(names) || names.includes(name)) return list;
  return JSON.stringify([...names, name]);
}
