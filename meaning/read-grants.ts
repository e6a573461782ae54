import { AGENT_GRANTS_RESOURCE } from '../core/grants-document';
import { grantsIn } from '../local/assembly/grants';
import type { Template } from '../local/assembly/template';
import { textOf as sortedJson } from '../local/cloudformation/template-changes';
import type { DeclaredGrant, ToldGrants } from './declared';
import { isPlaced, type Located, placeIn, referenceIn, refersTo, resourceOf, resourcesOf } from './resources';
import { textOf } from './symbolic';
import { listOf, type Members, membersOf, numberIn } from './told';

/** Of whose grants is read. */
interface Owner {
  /** Path of the construct under which they stand. */
  readonly path: string | undefined;
  /** Logical id of the fleet's table, where it is in the same template. */
  readonly allowlist?: string | undefined;
}

/** Undefined where a template alone does not tell: the grants are in a file of its assembly. */
export function readGrants(template: Template, fleet: Owner): ToldGrants | undefined {
  const documents = grantsIn(template, textOf).filter(({ id }) => isOf(template, resourceOf(template, id) as Located, fleet));
  if (documents.some(({ document }) => document === undefined)) return undefined;
  const told = documents.flatMap(({ document }) => listOf(membersOf(document)?.agents) ?? []).map((agent) => membersOf(agent) ?? {});
  const agents = [...told, ...agentsOfFormerVersion(template, fleet)];
  return {
    grants: agents.flatMap(({ name, grants }) => (listOf(grants) ?? []).map((grant) => declared(textOf(name), membersOf(grant) ?? {}))),
    subjects: new Map(agents.map(({ name, subject }) => [textOf(name), textOf(subject)])),
    terms: new Map(
      agents.filter(({ terms }) => terms !== undefined).map(({ name, terms }) => [textOf(name), termsIn(membersOf(terms) ?? {})]),
    ),
  };
}

function declared(agent: string, { server, effect, tools, rules, resources, prompts, expiresAt }: Members): DeclaredGrant {
  return {
    agent,
    server: textOf(server),
    effect: textOf(effect) === 'deny' ? 'deny' : 'allow',
    tools: [...(listOf(tools) ?? []).map(textOf), ...(listOf(rules) ?? []).map(boundedTool)],
    resources: (listOf(resources) ?? []).map(textOf),
    prompts: (listOf(prompts) ?? []).map(textOf),
    expiresAt: numberIn(expiresAt) ?? Number.POSITIVE_INFINITY,
  };
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

function termsIn({ weight, sessionBudget }: Members): string {
  const { perTask, perAgent } = membersOf(sessionBudget) ?? {};
  return [
    ...(weight === undefined ? [] : [`weight ${textOf(weight)}`]),
    ...(perTask === undefined ? [] : [`${textOf(perTask)} sessions of a task`]),
    ...(perAgent === undefined ? [] : [`${textOf(perAgent)} of the agent`]),
  ].join(', ');
}

/** Agents as a former version has declared them: each has a resource with its grants in it. */
function agentsOfFormerVersion(template: Template, fleet: Owner): readonly Members[] {
  const lists = resourcesOf(template, AGENT_GRANTS_RESOURCE).filter((list) => isOf(template, list, fleet));
  return lists.map(({ properties: { Name, Subject, Terms, Grants } }) => ({
    name: Name,
    subject: Subject,
    ...(Terms !== undefined && { terms: lowered(Terms) }),
    grants: (listOf(Grants) ?? []).map(lowered),
  }));
}

/** Members whose names began with a capital, those of the members in them, too, but for what is inside of a list. */
function lowered(value: unknown): unknown {
  const members = membersOf(value);
  if (members === undefined) return value;
  return Object.fromEntries(Object.entries(members).map(([name, inner]) => [`${name[0]?.toLowerCase()}${name.slice(1)}`, lowered(inner)]));
}

function isOf(template: Template, list: Located, { path, allowlist }: Owner): boolean {
  return isPlaced(list) && path !== undefined ? placeIn(path, list) !== undefined : writesInto(template, list, allowlist);
}

/** Without construct paths, the function behind a list tells whose it is. */
function writesInto(template: Template, { properties }: Located, allowlist: string | undefined): boolean {
  const sync = resourceOf(template, referenceIn(properties.ServiceToken));
  return allowlist === undefined || refersTo(sync?.properties.Environment, allowlist);
}
