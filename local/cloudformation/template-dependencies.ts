import { mentionsIn } from '../template/mentions';
import { invalid } from './stacks';

export type Section = Readonly<Record<string, unknown>>;

/** The sections of a template whose members are named by others; each has the form that CloudFormation asks of it. */
export interface TemplateSections {
  readonly Parameters: Section;
  readonly Mappings: Section;
  readonly Conditions: Section;
  readonly Resources: Readonly<Record<string, Section>>;
  readonly Outputs: Readonly<Record<string, Section>>;
}

/** What the members of a template may name beside one another. */
interface Known {
  readonly parameters: readonly string[];
  readonly functions: readonly string[];
}

/** Refuses a template that names what does not exist, or what waits for itself. @throws CloudFormationError as CloudFormation says it */
export function refuseUnresolved(template: TemplateSections, known: Known): void {
  refuseInConditions(template, known);
  for (const block of ['Resources', 'Outputs'] as const)
    for (const [id, member] of Object.entries(template[block])) refuseIn(member, id, block, template, known);
  const circle = circleIn(
    Object.entries(template.Resources).map(([id, { Properties, DependsOn = [] }]) => {
      const { refs, attributes } = mentionsIn(Properties);
      return [id, [...refs, ...attributes, ...([DependsOn].flat() as string[])]];
    }),
  );
  if (circle) throw invalid(`Circular dependency between resources: [${circle.join(', ')}]`);
}

function refuseInConditions({ Conditions }: TemplateSections, { parameters, functions }: Known): void {
  const mentions = Object.entries(Conditions).map(([id, condition]) => [id, mentionsIn(condition, { inCondition: true })] as const);
  for (const [id, { refs, attributes, conditions, functions: called }] of mentions) {
    refuseFunctions(called, functions, `/Conditions/${id}`);
    const unresolved = [...missingIn(refs, parameters), ...attributes];
    if (unresolved.length > 0)
      throw invalid(
        `Template format error: Unresolved dependencies [${unresolved.join(', ')}]. Cannot reference resources in the Conditions block of the template`,
      );
    refuseConditions(conditions, Conditions, 'Conditions');
  }
  const circle = circleIn(mentions.map(([id, { conditions }]) => [id, [...conditions]]));
  if (circle) throw invalid(`Template format error: Circular dependency between conditions: [${circle.join(', ')}]`);
}

function refuseIn(
  { DependsOn = [], Condition, ...rest }: Section,
  id: string,
  block: 'Resources' | 'Outputs',
  { Resources, Conditions, Mappings }: TemplateSections,
  { parameters, functions }: Known,
): void {
  const resources = Object.keys(Resources);
  const { refs, attributes, conditions, mappings, functions: called } = mentionsIn(rest);
  refuseFunctions(called, functions, `/${block}/${id}`);
  const unresolved = [...missingIn(refs, [...parameters, ...resources]), ...missingIn([DependsOn].flat() as string[], resources)];
  if (unresolved.length > 0)
    throw invalid(
      `Template format error: Unresolved resource dependencies [${unresolved.join(', ')}] in the ${block} block of the template`,
    );
  const [undefinedOne] = missingIn(attributes, resources);
  if (undefinedOne !== undefined) throw invalid(`Template error: instance of Fn::GetAtt references undefined resource ${undefinedOne}`);
  refuseConditions([...conditions, ...(Condition === undefined ? [] : [String(Condition)])], Conditions, block);
  const [mapping] = missingIn(mappings, Object.keys(Mappings));
  if (mapping !== undefined)
    throw invalid(`Template format error: Mapping named '${mapping}' is not present in the 'Mappings' section of template.`);
}

function refuseConditions(named: Iterable<string>, conditions: object, block: string): void {
  const [missing] = missingIn(named, Object.keys(conditions));
  if (missing !== undefined)
    throw invalid(`Template format error: Unresolved condition dependency ${missing} in the ${block} block of the template`);
}

function refuseFunctions(called: Iterable<string>, functions: readonly string[], at: string): void {
  const [strange] = missingIn(called, functions);
  if (strange === undefined) return;
  const supported = `Supported functions are: [${functions.join(', ')}]`;
  throw invalid(`Template error: encountered unsupported function: ${strange} at ${at}. ${supported}`);
}

function missingIn(named: Iterable<string>, known: readonly string[]): string[] {
  return [...named].filter((name) => !known.includes(name));
}

/** The members of a circle, in the order of the template; undefined where there is none. */
function circleIn(edges: readonly (readonly [string, readonly string[]])[]): readonly string[] | undefined {
  const waiting = new Map(edges.map(([id, needs]) => [id, new Set(needs)]));
  // What nothing keeps waiting goes, and what nothing waits for: the rest goes around.
  for (let before = -1; before !== waiting.size; ) {
    before = waiting.size;
    const needed = new Set([...waiting.values()].flatMap((needs) => [...needs]));
    for (const [id, needs] of waiting) if (!needed.has(id) || ![...needs].some((need) => waiting.has(need))) waiting.delete(id);
  }
  return waiting.size === 0 ? undefined : [...waiting.keys()];
}
