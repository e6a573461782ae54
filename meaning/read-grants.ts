import type { Template } from '../local/assembly/template';
import { textOf as sortedJson } from '../local/cloudformation/template-changes';
import type { DeclaredGrant } from './declared';
import { isPlaced, type Located, placeIn, referenceIn, refersTo, resourceOf, resourcesOf } from './resources';
import { textOf } from './symbolic';
import { listOf, type Members, membersOf, numberIn } from './told';

/** What construct code grants in one fleet: what its custom resources write into its allowlist. */
export function readGrants(template: Template, fleet: ListOwner): readonly DeclaredGrant[] {
  return listsOf(template, fleet).flatMap(({ properties }) =>
    (listOf(properties.Grants) ?? []).map((grant) => {
      const { Server, Effect, Tools, Rules, Resources, Prompts, ExpiresAt } = membersOf(grant) ?? {};
      return {
        agent: textOf(properties.Name),
        server: textOf(Server),
        effect: textOf(Effect ?? 'allow') === 'deny' ? ('deny' as const) : ('allow' as const),
        tools: [...(listOf(Tools) ?? []).map(textOf), ...(listOf(Rules) ?? []).map(boundedTool)],
        resources: (listOf(Resources) ?? []).map(textOf),
        prompts: (listOf(Prompts) ?? []).map(textOf),
        expiresAt: numberIn(ExpiresAt) ?? Number.POSITIVE_INFINITY,
      };
    }),
  );
}

/** A tool that is granted within bounds. */
function boundedTool(rule: unknown): string {
  const { tool, when, atMost } = membersOf(rule) ?? {};
  const { calls, per } = membersOf(atMost) ?? {};
  const bounds = [
    ...Object.entries(membersOf(when) ?? {}).map(([name, condition]) => `${name} ${sortedJson(condition)}`),
    ...(calls === undefined ? [] : [`${textOf(calls)} calls per ${textOf(per)}`]),
  ];
  return `${textOf(tool)} (${bounds.join(', ')})`;
}

/** On what terms agents use the servers, where they have terms of their own. */
export function readTerms(template: Template, fleet: ListOwner): ReadonlyMap<string, string> {
  const own = listsOf(template, fleet).filter(({ properties }) => properties.Terms !== undefined);
  return new Map(own.map(({ properties: { Name, Terms } }) => [textOf(Name), termsIn(membersOf(Terms) ?? {})]));
}

function termsIn({ Weight, SessionBudget }: Members): string {
  const { PerTask, PerAgent } = membersOf(SessionBudget) ?? {};
  return [
    ...(Weight === undefined ? [] : [`weight ${textOf(Weight)}`]),
    ...(PerTask === undefined ? [] : [`${textOf(PerTask)} sessions of a task`]),
    ...(PerAgent === undefined ? [] : [`${textOf(PerAgent)} of the agent`]),
  ].join(', ');
}

/** Of whose grants lists are read. */
interface ListOwner {
  /** Path of the fleet's construct. */
  readonly path: string | undefined;
  /** Logical id of its table. */
  readonly allowlist: string | undefined;
}

function listsOf(template: Template, { path, allowlist }: ListOwner): readonly Located[] {
  return resourcesOf(template, 'Custom::McpFleetAllowlist').filter((list) =>
    isPlaced(list) && path !== undefined ? placeIn(path, list) !== undefined : writesInto(template, list, allowlist),
  );
}

/** Without construct paths, the function behind a list tells whose it is. */
function writesInto(template: Template, { properties }: Located, allowlist: string | undefined): boolean {
  const sync = resourceOf(template, referenceIn(properties.ServiceToken));
  return allowlist === undefined || refersTo(sync?.properties.Environment, allowlist);
}
