import type { GrantsProperties } from '../core/grants-document';
import type { ToolRule } from '../core/policy';
import { grantsIn } from '../local/assembly/grants';
import type { CheckedAccount } from '../local/checked-account';
import type { TemplateResource } from '../local/local-account';
import { textOf } from './template';

/** What construct code grants one agent on one server, or denies it. */
export interface Grant {
  /** The agent's name. */
  readonly agent: string;
  readonly server: string;
  readonly effect: 'allow' | 'deny';
  /** Tool names; `*` stands for all. */
  readonly tools: readonly string[];
  readonly rules: readonly ToolRule[];
  /** Patterns of URIs, and of names of prompts. */
  readonly resources: readonly string[];
  readonly prompts: readonly string[];
  /** Seconds since the epoch. */
  readonly expiresAt?: number;
}

/** Read from the assembly: what construct code grants in one fleet, of agents and servers that it has. */
export function grantedInCode({
  templates,
  agents,
  servers,
  path,
}: Pick<CheckedAccount, 'templates' | 'agents' | 'servers' | 'path'>): readonly Grant[] {
  const own = Object.values(templates)
    .flatMap((template) => grantsIn(template, textOf))
    .filter(({ resource }) => isInside(resource.Metadata?.['aws:cdk:path'], path) || ofOtherStack(resource));
  const granted = own.flatMap(({ document }) => document?.agents ?? []).filter(({ name }) => agents.includes(name));
  return granted.flatMap(({ name, grants }) =>
    grants
      .filter(({ server }) => servers.includes(server))
      .map(({ rules = [], resources = [], prompts = [], ...grant }) => ({ agent: name, ...grant, rules, resources, prompts })),
  );
}

/** Grants of servers that stand in another stack than their fleet. */
function ofOtherStack({ Properties }: TemplateResource): boolean {
  return (Properties as Partial<GrantsProperties> | undefined)?.Servers !== undefined;
}

/** A template without paths holds one fleet. */
function isInside(path: unknown, fleet: string | undefined): boolean {
  return path === undefined || fleet === undefined || String(path).startsWith(`${fleet}/`);
}
