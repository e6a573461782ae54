import { randomUUID } from 'node:crypto';
import { callDigest } from '../core/call-digest';
import { FleetError } from '../core/errors';
import type { ServerConfig } from '../core/fleet-config';
import { memberText } from '../core/json-members';
import { isKey, KEY_LIMIT_BYTES } from '../core/key-demand';
import { isObject, type JsonObject, type RequestMessage } from '../core/message';
import { KEY_META } from '../core/meta';
import { likeOf } from '../core/reading/folding';
import { argumentNames } from '../core/reconcile';
import type { Json } from '../core/strict-json';
import { toolConfigOf } from '../core/tool-config';
import { isToolName, TOOL_NAME_LIMIT_BYTES } from '../core/tool-name';
import type { ToolCall } from './call';

/**
 * Describes a `tools/call` as policy and ledger know it.
 * @param text canonical text of the message
 * @param keyField value of the header `Idempotency-Key`
 * @throws FleetError INVALID_PARAMS, HEADER_MISMATCH
 */
export function describeCall({ params, meta }: RequestMessage, text: string, keyField: string | undefined, server: ServerConfig): ToolCall {
  const { name, arguments: given = null, inputResponses = null, requestState = null } = params;
  if (!isToolName(name)) throw invalid(`tools/call needs "name", a string of 1 to ${TOOL_NAME_LIMIT_BYTES} bytes`);
  if (given !== null && !isObject(given)) throw invalid('"arguments" of tools/call must be an object');
  const policy = toolConfigOf(server, name);
  if (policy.reconcile !== undefined && given !== null) checkReadNames(argumentNames(policy.reconcile), given);
  const key = idempotencyKey([meta[KEY_META], keyField, keyArgument(policy.keyArgument, given ?? {})]);
  const argumentsText = given === null ? '{}' : (memberText(memberText(text, 'params') as string, 'arguments') as string);
  return {
    callId: randomUUID(),
    tool: name,
    argumentsText,
    digest: callDigest(name, argumentsText),
    ...((inputResponses !== null || requestState !== null) && { continuation: true as const }),
    policy,
    ...(key !== undefined && { idempotencyKey: key }),
  };
}

/** The declared argument, which no other may be taken for. */
function keyArgument(name: string | undefined, args: JsonObject): Json | undefined {
  if (name === undefined) return undefined;
  const like = likeOf(Object.keys(args), name);
  if (like !== undefined) throw invalid(`the argument ${JSON.stringify(like.slice(0, 60))} differs from "${name}", the key, in case only`);
  return args[name];
}

/** What the read of a call's outcome goes by is what its server acted on: no other name can be taken for one that it reads. */
function checkReadNames(names: ReadonlySet<string>, args: JsonObject): void {
  const open: Json[] = [{ ...args }];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    for (const inner of Object.values(value)) open.push(inner);
    if (Array.isArray(value)) continue;
    const members = Object.keys(value);
    for (const name of names) {
      const like = likeOf(members, name);
      if (like !== undefined)
        throw invalid(
          `the argument ${JSON.stringify(like.slice(0, 60))} differs from "${name}", by which its outcome is looked up, in case only`,
        );
    }
  }
}

/** The key from `_meta`, the header, or the declared argument; all that are given must agree. */
function idempotencyKey(places: readonly (Json | undefined)[]): string | undefined {
  const given = places.filter((key) => key !== undefined && key !== null);
  const [key] = given;
  if (key === undefined) return undefined;
  if (given.some((other) => other !== key))
    throw new FleetError('HEADER_MISMATCH', { reason: 'the idempotency keys in _meta, header and argument differ' });
  if (!isKey(key)) throw invalid(`an idempotency key must be a string of 1 to ${KEY_LIMIT_BYTES} bytes`);
  return key;
}

function invalid(reason: string): FleetError {
  return new FleetError('INVALID_PARAMS', { reason });
}
