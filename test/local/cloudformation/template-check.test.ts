// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of Fn::Sub
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { checkTemplate } from '../../../local/cloudformation/template-check';
import { parseTemplateText } from '../../../local/template/template-text';
import { between, type Random, randomOf } from '../../chaos/random';

type Resource = { Type?: string; Properties: Record<string, unknown>; DependsOn?: string | string[]; Condition?: string };
interface Drawn {
  Parameters: Record<string, object>;
  Mappings: Record<string, object>;
  Conditions: Record<string, unknown>;
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown }>;
  [section: string]: unknown;
}

/** Each breaks one thing of a template that is right. @returns what is said of it */
const FAULTS: Readonly<Record<string, (template: Drawn, id: string, last: string) => string>> = {
  'a Ref to nothing': (t, id) => put(t, id, { Ref: 'Gone' }, 'Unresolved resource dependencies [Gone] in the Resources block'),
  'a pseudo parameter that is none': (t, id) => put(t, id, { Ref: 'AWS::Planet' }, 'Unresolved resource dependencies [AWS::Planet]'),
  'a Sub of nothing': (t, id) => put(t, id, { 'Fn::Sub': 'a ${Gone} b' }, 'Unresolved resource dependencies [Gone]'),
  'an attribute of nothing': (t, id) => put(t, id, { 'Fn::GetAtt': ['Gone', 'Arn'] }, 'Fn::GetAtt references undefined resource Gone'),
  'an attribute of a parameter': (t, id) => put(t, id, { 'Fn::Sub': '${P.Arn}' }, 'references undefined resource P'),
  'a condition that is none': (t, id) =>
    put(t, id, { 'Fn::If': ['Gone', 1, 2] }, 'Unresolved condition dependency Gone in the Resources block'),
  'a mapping that is none': (t, id) => put(t, id, { 'Fn::FindInMap': ['Gone', 'a', 'b'] }, "Mapping named 'Gone' is not present"),
  'a function that is none': (t, id) => put(t, id, { 'Fn::Guess': 1 }, 'unsupported function: Fn::Guess'),
  'a macro': (t, id) => put(t, id, { 'Fn::Transform': {} }, 'unsupported function: Fn::Transform'),
  'a null': (t, id) => put(t, id, null, `[/Resources/${id}/Properties/More] 'null' values`),
  'a circle': (t, id, last) => {
    (t.Resources[id] as Resource).Properties.Back = { Ref: last };
    (t.Resources[last] as Resource).DependsOn = id;
    return 'Circular dependency between resources: [';
  },
  'one that waits for itself': (t, id) => put(t, id, { Ref: id }, `Circular dependency between resources: [${id}]`),
  'DependsOn of nothing': (t, id) => on(t, id, { DependsOn: ['Gone'] }, 'Unresolved resource dependencies [Gone]'),
  'DependsOn of a parameter': (t, id) => on(t, id, { DependsOn: 'P' }, 'Unresolved resource dependencies [P]'),
  'a resource under a condition that is none': (t, id) => on(t, id, { Condition: 'Gone' }, 'Unresolved condition dependency Gone'),
  'no Type': (t, id) => on(t, id, { Type: undefined }, `[/Resources/${id}] Every Resources object must contain a Type member`),
  'a policy that is none': (t, id) => on(t, id, { DeletionPolicy: 'Keep' }, `Unrecognized DeletionPolicy "Keep" for resource ${id}`),
  'an attribute of a resource that is none': (t, id) => on(t, id, { Props: {} }, "Invalid template resource property 'Props'"),
  'a list of properties': (t, id) => on(t, id, { Properties: [] }, `[/Resources/${id}/Properties] must be an object`),
  'an id with a dash': (t) => within(t, 'Resources', { 'A-b': { Type: 'T' } }, 'Resource name A-b is non alphanumeric'),
  'a loop': (t) => within(t, 'Resources', { 'Fn::ForEach::X': [] }, 'does not expand Fn::ForEach::X'),
  'a condition that reads a resource': (t, id) =>
    within(t, 'Conditions', { Odd: { 'Fn::Equals': [{ Ref: id }, 'a'] } }, `Unresolved dependencies [${id}]. Cannot reference resources`),
  'conditions in a circle': (t) =>
    within(t, 'Conditions', { X: { Condition: 'Y' }, Y: { 'Fn::Not': [{ Condition: 'X' }] } }, 'between conditions: [X, Y]'),
  'a condition of one that is none': (t) =>
    within(t, 'Conditions', { X: { Condition: 'Gone' } }, 'dependency Gone in the Conditions block'),
  'an output of nothing': (t) => within(t, 'Outputs', { X: { Value: { Ref: 'Gone' } } }, '[Gone] in the Outputs block of the template'),
  'an output without a value': (t) => within(t, 'Outputs', { X: {} }, 'Output X is malformed'),
  'a parameter without a type': (t) => within(t, 'Parameters', { X: {} }, 'Every Parameters object must contain a Type member'),
  'a type of a parameter that is none': (t) => within(t, 'Parameters', { X: { Type: 'Text' } }, 'Unrecognized parameter type: Text'),
  'a section that is none': (t) => set(t, 'Resource', {}, 'Invalid template property or properties [Resource]'),
  'another version': (t) => set(t, 'AWSTemplateFormatVersion', '2011-01-01', 'unsupported value for AWSTemplateFormatVersion'),
};

describe('templates drawn by chance', () => {
  test.each(Object.keys(FAULTS))('with %s are refused, and without it are not', (fault) => {
    for (let seed = 0; seed < 30; seed++) {
      const random = randomOf(`template ${fault} ${seed}`);
      const template = drawn(random);
      expect(() => checkTemplate(template)).not.toThrow();
      const ids = Object.keys(template.Resources);
      const why = FAULTS[fault]?.(template, ids[between(random, 0, ids.length)] as string, ids.at(-1) as string) ?? '';
      expect(() => checkTemplate(JSON.parse(JSON.stringify(template)))).toThrow(why);
    }
  });
});

test('the template of cdk bootstrap is none of these', () => {
  const file = require.resolve('aws-cdk/lib/api/bootstrap/bootstrap-template.yaml');
  expect(() => checkTemplate(parseTemplateText(readFileSync(file, 'utf8')))).not.toThrow();
});

/** Resources of which each reads some before it, in every way that there is. */
function drawn(random: Random): Drawn {
  const template: Drawn = {
    Parameters: { P: { Type: 'String', Default: 'p' } },
    Mappings: { M: { a: { b: 'c' } } },
    Conditions: { C: { 'Fn::Equals': [{ Ref: 'P' }, 'p'] }, D: { 'Fn::Or': [{ Condition: 'C' }, { Condition: 'C' }] } },
    Resources: {},
    Outputs: {},
  };
  const count = 2 + between(random, 0, 8);
  for (let i = 0; i < count; i++) {
    const earlier = i === 0 ? 'P' : `R${between(random, 0, i)}`;
    const ways = [
      { Ref: earlier },
      ...(i === 0 ? [] : [{ 'Fn::GetAtt': [earlier, 'Arn'] }, { 'Fn::GetAtt': `${earlier}.Arn` }, { 'Fn::Sub': `\${${earlier}.Arn}` }]),
      { 'Fn::Sub': [`\${Own} \${${earlier}} \${!Gone} \${AWS::Region}`, { Own: { Ref: earlier } }] },
      { 'Fn::If': ['D', { Ref: earlier }, { Ref: 'AWS::NoValue' }] },
      { 'Fn::FindInMap': ['M', 'a', 'b'] },
      { Statement: { Condition: { Bool: { 'aws:SecureTransport': 'false' } } } },
    ];
    const Properties = { One: ways[between(random, 0, ways.length)], Two: [ways[between(random, 0, ways.length)]] };
    template.Resources[`R${i}`] = { Type: 'Test::Thing', Properties, ...(i > 0 && random() < 0.3 && { DependsOn: earlier }) };
  }
  template.Outputs.Out = { Value: { Ref: `R${between(random, 0, count)}` } };
  return template;
}

function put(template: Drawn, id: string, value: unknown, why: string): string {
  (template.Resources[id] as Resource).Properties.More = value;
  return why;
}

function on(template: Drawn, id: string, more: object, why: string): string {
  Object.assign(template.Resources[id] as Resource, more);
  return why;
}

function within(template: Drawn, section: string, more: object, why: string): string {
  Object.assign(template[section] as object, more);
  return why;
}

function set(template: Drawn, section: string, value: unknown, why: string): string {
  template[section] = value;
  return why;
}
