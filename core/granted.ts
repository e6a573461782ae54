/** What a decision says of one thing that its agent wants. */

import { brokenCondition } from './argument-condition';
import { covers } from './pattern';
import type { CallLimit, Decision, ToolRule } from './policy';
import { ambiguityOf, withOpenExpressions } from './resource-uri';

/** What somebody names on a server and needs a grant for. A template stands for every resource that it can be expanded to. */
export interface Wanted {
  readonly kind: 'tool' | 'resource' | 'template' | 'prompt';
  /** As it is written: nothing is normalised. */
  readonly name: string;
  /** Canonical JSON text of a call's arguments; without them it is asked whether any call is granted. */
  readonly argumentsText?: string;
}

/** Whether a decision lets its agent call one tool, be it within bounds. */
export function allowsTool(decision: Decision, tool: string): boolean {
  return allowsFreely(decision, tool) || (!deniesTool(decision, tool) && rulesOf(decision, tool).length > 0);
}

/** Whether it may call it with any arguments, and as often as it likes. */
export function allowsFreely(decision: Decision, tool: string): boolean {
  return !deniesTool(decision, tool) && (decision.tools.includes('*') || decision.tools.includes(tool));
}

/** How often a call that is granted may be made; undefined where it is not counted. */
export function limitOf(decision: Decision, tool: string, argumentsText: string): CallLimit | undefined {
  if (allowsFreely(decision, tool)) return undefined;
  const holding = rulesOf(decision, tool).filter(({ when = {} }) => brokenCondition(when, argumentsText) === undefined);
  return holding.some(({ atMost }) => atMost === undefined) ? undefined : holding[0]?.atMost;
}

/** Whether a decision forbids one tool by name, or the whole server; what needs no grant may still be forbidden. */
export function deniesTool(decision: Decision, tool: string): boolean {
  return decision.effect === 'deny' || decision.deniedTools.includes(tool);
}

/** Why a decision does not cover what an agent wants of a server; undefined where it does. */
export function refusalOf(decision: Decision, server: string, { kind, name, argumentsText }: Wanted): string | undefined {
  const shown = `${JSON.stringify(name.slice(0, SHOWN_CHARACTERS))} of "${server}"`;
  if (kind === 'tool') {
    if (!allowsTool(decision, name)) return `no grant lets this agent call ${shown}`;
    const broken = argumentsText === undefined || allowsFreely(decision, name) ? undefined : boundsBroken(decision, name, argumentsText);
    return broken === undefined ? undefined : `no grant lets this agent call ${shown} with these arguments: ${broken}`;
  }
  const { allowed, denied } = patternsOf(decision, kind);
  const refusal = `no grant lets this agent use the ${kind} ${shown}`;
  if (decision.effect === 'deny') return refusal;
  // Whatever it is read as, it is granted.
  if (allowed.includes('*') && denied.length === 0) return undefined;
  const ambiguity = kind === 'resource' ? ambiguityOf(name) : undefined;
  if (ambiguity !== undefined) return `${refusal}, and not all read this URI alike: ${ambiguity}`;
  const text = kind === 'template' ? withOpenExpressions(name) : name;
  const covered = (patterns: readonly string[]) => patterns.some((pattern) => covers(pattern, text));
  // A template that no deny covers may still be expanded to what one does: the reading of that is refused.
  return covered(allowed) && !covered(denied) ? undefined : refusal;
}

/** Whether a decision leaves out anything of a kind. */
export function leavesOut(decision: Decision, kind: Wanted['kind']): boolean {
  const { allowed, denied } = kind === 'tool' ? { allowed: decision.tools, denied: decision.deniedTools } : patternsOf(decision, kind);
  return !allowed.includes('*') || denied.length > 0;
}

function boundsBroken(decision: Decision, tool: string, argumentsText: string): string | undefined {
  const broken = rulesOf(decision, tool).map(({ when = {} }) => brokenCondition(when, argumentsText));
  return broken.includes(undefined) ? undefined : broken[0];
}

function rulesOf({ rules = [] }: Decision, name: string): readonly ToolRule[] {
  return rules.filter(({ tool }) => tool === name);
}

/** Of what an agent asks for no more is repeated than this. */
const SHOWN_CHARACTERS = 200;

function patternsOf(decision: Decision, kind: 'resource' | 'template' | 'prompt') {
  const { prompts = [], deniedPrompts = [], resources = [], deniedResources = [] } = decision;
  return kind === 'prompt' ? { allowed: prompts, denied: deniedPrompts } : { allowed: resources, denied: deniedResources };
}
