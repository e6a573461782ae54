import { type AgentTerms, areTerms, MOST } from './agent-terms';
import { SERVER_NAME } from './fleet-config';
import { FORMATS } from './formats';
import { patternProblem } from './granted-pattern';
import { GRANTS_FORMAT, type Grant, type GrantedAgent, type GrantsDocument } from './grants-document';
import type { ToolRule } from './policy';
import { fitsGrant, GRANT_LIMIT_BYTES, GRANT_LIMIT_NAMES, isToolName } from './tool-name';
import { areToolRules } from './tool-rule';

/** Problems that one error tells; a list of thousands would be cut by whoever shows it. */
const MOST_PROBLEMS = 20;

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads a document with its values filled in. A number may be a text: CloudFormation makes texts of them.
 * @throws Error that lists the problems, each with its place and the value got
 */
export function readGrants(document: unknown): GrantsDocument {
  const problems: string[] = [];
  const { format, issuer, agents } = membersOf(document);
  if (format !== GRANTS_FORMAT) {
    const { fix } = FORMATS.grants;
    throw new Error(`The grants cannot be applied: format must be ${GRANTS_FORMAT}; got ${show(format)}. ${fix}`);
  }
  if (typeof issuer !== 'string' || !URL.canParse(issuer)) problems.push(`issuer must be an absolute URL; got ${show(issuer)}`);
  if (!Array.isArray(agents)) problems.push(`agents must be a list; got ${show(agents)}`);
  const read = Array.isArray(agents) ? agents.map((agent, i) => readAgent(agent, `agents[${i}]`, problems)) : [];
  const subjects = read.map(({ subject }) => subject);
  const twice = repeated(subjects);
  if (twice !== undefined) problems.push(`two agents have the subject ${show(twice)}: they would be one`);
  if (problems.length === 0) return { format, issuer: issuer as string, agents: read };
  const more = problems.length > MOST_PROBLEMS ? `; and ${problems.length - MOST_PROBLEMS} more` : '';
  throw new Error(`The grants cannot be applied: ${problems.slice(0, MOST_PROBLEMS).join('; ')}${more}`);
}

function readAgent(agent: unknown, at: string, problems: string[]): GrantedAgent {
  const { name, subject, terms, grants } = membersOf(agent);
  for (const [member, value] of Object.entries({ name, subject })) {
    if (typeof value !== 'string' || value === '') problems.push(`${at}.${member} must be a non-empty text; got ${show(value)}`);
  }
  if (!Array.isArray(grants)) problems.push(`${at}.grants must be a list; got ${show(grants)}`);
  const read = Array.isArray(grants) ? grants.map((grant, i) => readGrant(grant, `${at}.grants[${i}]`, problems)) : [];
  const twice = repeated(read.map(({ server, effect }) => `${effect} of the server "${server}"`));
  if (twice !== undefined) problems.push(`${at}.grants has the ${twice} twice; put all that it names into one`);
  return {
    name: String(name),
    subject: String(subject),
    ...(terms !== undefined && { terms: readTerms(terms, `${at}.terms`, problems) }),
    grants: read,
  };
}

function readGrant(grant: unknown, at: string, problems: string[]): Grant {
  const { server, effect, expiresAt, ...named } = membersOf(grant);
  if (typeof server !== 'string' || !SERVER_NAME.test(server)) problems.push(`${at}.server must match ${SERVER_NAME}; got ${show(server)}`);
  if (effect !== 'allow' && effect !== 'deny') problems.push(`${at}.effect must be "allow" or "deny"; got ${show(effect)}`);
  const rules = readRules(named.rules, effect, `${at}.rules`, problems);
  const tools = readNames(named.tools, `${at}.tools`, isToolName, 'tool names ("*" for all)', problems);
  const resources = readNames(named.resources, `${at}.resources`, isPattern('resource'), 'patterns of URIs', problems);
  const prompts = readNames(named.prompts, `${at}.prompts`, isPattern('prompt'), 'patterns of names', problems);
  const names = [...tools, ...rules.map(({ tool }) => tool), ...resources, ...prompts];
  if (names.length === 0 || !fitsGrant(names)) {
    const limits = `1 to ${GRANT_LIMIT_NAMES} tools, resources and prompts of ${GRANT_LIMIT_BYTES} bytes in all`;
    problems.push(`${at} must name ${limits}; got ${names.length}`);
  }
  const end = expiresAt === undefined ? undefined : Number(expiresAt);
  if (end !== undefined && !(Number.isInteger(end) && end > 0)) {
    problems.push(`${at}.expiresAt must be whole seconds since the epoch; got ${show(expiresAt)}`);
  }
  return {
    server: String(server ?? ''),
    effect: effect as 'allow' | 'deny',
    tools,
    ...(rules.length > 0 && { rules }),
    ...(resources.length > 0 && { resources }),
    ...(prompts.length > 0 && { prompts }),
    ...(end !== undefined && { expiresAt: end }),
  };
}

function readNames(value: unknown = [], at: string, fits: (name: unknown) => boolean, what: string, problems: string[]): string[] {
  if (Array.isArray(value) && value.every(fits)) return value as string[];
  problems.push(`${at} must be a list of ${what}; got ${show(value)}`);
  return [];
}

/** Bounds of a deny would be read as one by whoever does not know them: it has none. */
function readRules(value: unknown = [], effect: unknown, at: string, problems: string[]): readonly ToolRule[] {
  const rules = Array.isArray(value) ? value.map(withNumbers) : value;
  if (areToolRules(rules) && (rules.length === 0 || effect === 'allow')) return rules;
  problems.push(`${at} must be bounds of tools that are granted; got ${show(value)}`);
  return [];
}

function withNumbers(rule: unknown): unknown {
  const atMost = membersOf(membersOf(rule).atMost);
  return atMost.calls === undefined ? rule : { ...(rule as object), atMost: { ...atMost, calls: Number(atMost.calls) } };
}

function isPattern(kind: 'resource' | 'prompt'): (pattern: unknown) => boolean {
  return (pattern) => patternProblem(kind, pattern) === undefined;
}

function readTerms(value: unknown, at: string, problems: string[]): AgentTerms {
  const { weight, sessionBudget } = membersOf(value);
  const { perTask, perAgent } = membersOf(sessionBudget);
  const budget = { ...given('perTask', perTask), ...given('perAgent', perAgent) };
  const terms = { ...given('weight', weight), ...(Object.keys(budget).length > 0 && { sessionBudget: budget }) };
  if (!areTerms(terms)) {
    const bounds = `weight of 1 to ${MOST.weight}, perTask of 1 to ${MOST.perTask} and perAgent of 1 to ${MOST.perAgent}`;
    problems.push(`${at} must be whole numbers, ${bounds}; got ${show(value)}`);
  }
  return terms;
}

function given(name: string, value: unknown): Record<string, number> {
  return value === undefined ? {} : { [name]: Number(value) };
}

function repeated(texts: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return texts.find((text) => seen.size === seen.add(text).size);
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 120);
}
