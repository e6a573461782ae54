import { FleetError } from './errors';
import type { Wanted } from './granted';
import { isObject, type RequestMessage } from './message';
import type { MethodRule } from './methods';
import { likeOf } from './reading/folding';
import type { Json } from './strict-json';

/**
 * What a request names that needs a grant: nothing where the use of its server, of a tool or of a task is what grants it.
 * @throws FleetError INVALID_PARAMS where it names nothing, or a parser that takes no notice of case could read another name
 */
export function wantedBy({ params }: RequestMessage, grant: MethodRule['grant']): readonly Wanted[] {
  if (grant === 'resource') return [{ kind: 'resource', name: text(params.uri, '"uri"') }];
  if (grant === 'prompt') return [{ kind: 'prompt', name: text(params.name, '"name"') }];
  if (grant === 'reference') return [referenced(params.ref)];
  return grant === 'subscription' ? subscribed(params.notifications ?? {}) : [];
}

/** A prompt, or a template of resources (MCP 2025-11-25, Completion § Reference Types). */
function referenced(ref: Json | undefined): Wanted {
  if (!isObject(ref)) throw invalid('"ref" must be an object');
  for (const name of ['type', 'name', 'uri']) refuseLikes(ref, name, '"ref"');
  if (ref.type === 'ref/prompt') return { kind: 'prompt', name: text(ref.name, '"ref.name"') };
  if (ref.type === 'ref/resource') return { kind: 'template', name: text(ref.uri, '"ref.uri"') };
  throw invalid('"ref.type" must be "ref/prompt" or "ref/resource"');
}

/** The resources of which a listener wants to be told (MCP 2026-07-28, Subscriptions). */
function subscribed(notifications: Json): readonly Wanted[] {
  if (!isObject(notifications)) throw invalid('"notifications" must be an object');
  refuseLikes(notifications, 'resourceSubscriptions', '"notifications"');
  const uris = notifications.resourceSubscriptions ?? [];
  if (!Array.isArray(uris)) throw invalid('"notifications.resourceSubscriptions" must be a list');
  return uris.map((uri) => ({ kind: 'resource', name: text(uri, '"notifications.resourceSubscriptions"') }));
}

function refuseLikes(object: { readonly [member: string]: Json }, name: string, where: string): void {
  const like = likeOf(Object.keys(object), name);
  if (like !== undefined) throw invalid(`${JSON.stringify(like.slice(0, 60))} in ${where} differs from "${name}" in case only`);
}

function text(value: Json | undefined, what: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`${what} must be a text that is not empty`);
}

function invalid(reason: string): FleetError {
  return new FleetError('INVALID_PARAMS', { reason });
}
