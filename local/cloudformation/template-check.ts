import { INTRINSICS } from '../template/intrinsics';
import { PSEUDO_PARAMETERS } from '../template/scope';
import { invalid } from './stacks';
import { refuseUnresolved, type Section, type TemplateSections } from './template-dependencies';

const VERSION = '2010-09-09';
const MEMBERS = ['Parameters', 'Mappings', 'Conditions', 'Resources', 'Outputs'] as const;
const SECTIONS: readonly string[] = ['AWSTemplateFormatVersion', 'Description', 'Metadata', 'Rules', 'Hooks', 'Transform', ...MEMBERS];
const POLICIES: Readonly<Record<string, readonly string[]>> = {
  DeletionPolicy: ['Delete', 'Retain', 'RetainExceptOnCreate', 'Snapshot'],
  UpdateReplacePolicy: ['Delete', 'Retain', 'Snapshot'],
};
const OF_RESOURCE = [
  'Type',
  'Properties',
  'DependsOn',
  'Condition',
  'Metadata',
  'CreationPolicy',
  'UpdatePolicy',
  ...Object.keys(POLICIES),
];
const PARAMETER_TYPE = /^(?:String|Number|List<Number>|CommaDelimitedList|(?:List<)?AWS::.+)$/;
const MACRO = 'Fn::ForEach::';

/**
 * Refuses what CloudFormation refuses of a template by itself, of every resource, whether it runs here or not.
 * @throws CloudFormationError as CloudFormation says it
 */
export function checkTemplate(template: unknown): void {
  if (!isMap(template)) throw invalid('Template format error: unsupported structure.');
  const { AWSTemplateFormatVersion: version = VERSION } = template;
  if (version !== VERSION) throw invalid('Template format error: unsupported value for AWSTemplateFormatVersion.');
  const strange = Object.keys(template).filter((name) => !SECTIONS.includes(name));
  if (strange.length > 0) throw invalid(`Invalid template property or properties [${strange.join(', ')}]`);
  const sections = Object.fromEntries(MEMBERS.map((name) => [name, sectionOf(template, name)])) as unknown as TemplateSections;
  if (Object.keys(sections.Resources).length === 0) throw invalid('Template format error: At least one Resources member must be defined.');
  for (const [id, parameter] of Object.entries(sections.Parameters)) checkParameter(id, parameter);
  for (const [id, resource] of Object.entries(sections.Resources)) checkResource(id, resource);
  for (const [id, output] of Object.entries(sections.Outputs))
    if (!isMap(output) || output.Value === undefined)
      throw invalid(`Template format error: Output ${id} is malformed. It must have a Value.`);
  refuseUnresolved(sections, { parameters: [...Object.keys(sections.Parameters), ...PSEUDO_PARAMETERS], functions: INTRINSICS });
}

function sectionOf(template: Section, name: (typeof MEMBERS)[number]): Section {
  const section = template[name] === undefined ? {} : template[name];
  refuseNull(section, `/${name}`);
  if (!isMap(section)) throw invalid(`Template format error: [/${name}] must be an object; lists and texts are not allowed in its place.`);
  for (const id of Object.keys(section)) {
    if (id.startsWith(MACRO)) throw invalid(`The local account does not expand ${id}: write what it stands for, or let CDK do so.`);
    if (!/^[a-zA-Z0-9]+$/.test(id)) throw invalid(`Template format error: ${name.slice(0, -1)} name ${id} is non alphanumeric.`);
  }
  return section;
}

function refuseNull(value: unknown, path: string): void {
  if (value === null) throw invalid(`Template format error: [${path}] 'null' values are not allowed in templates`);
  if (typeof value === 'object') for (const [key, inner] of Object.entries(value)) refuseNull(inner, `${path}/${key}`);
}

function checkParameter(id: string, parameter: unknown): void {
  if (!isMap(parameter) || typeof parameter.Type !== 'string')
    throw invalid(`Template format error: [/Parameters/${id}] Every Parameters object must contain a Type member.`);
  if (!PARAMETER_TYPE.test(parameter.Type)) throw invalid(`Template format error: Unrecognized parameter type: ${parameter.Type}`);
}

function checkResource(id: string, resource: unknown): void {
  const at = `[/Resources/${id}`;
  if (!isMap(resource) || typeof resource.Type !== 'string')
    throw invalid(`Template format error: ${at}] Every Resources object must contain a Type member.`);
  const strange = Object.keys(resource).find((name) => !OF_RESOURCE.includes(name));
  if (strange !== undefined) throw invalid(`Invalid template resource property '${strange}'`);
  const { Properties = {}, DependsOn = [], Condition = '' } = resource;
  if (!isMap(Properties)) throw invalid(`Template format error: ${at}/Properties] must be an object.`);
  if (![DependsOn].flat().every((dependency) => typeof dependency === 'string'))
    throw invalid(`Template format error: ${at}/DependsOn] must be a string or a list of strings.`);
  if (typeof Condition !== 'string') throw invalid(`Template format error: ${at}/Condition] must be a string.`);
  for (const [name, allowed] of Object.entries(POLICIES)) {
    const policy = resource[name] ?? 'Delete';
    if (!allowed.includes(policy as string))
      throw invalid(
        `Template format error: Unrecognized ${name} ${JSON.stringify(policy)} for resource ${id}; allowed: ${allowed.join(', ')}`,
      );
  }
}

function isMap(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
