// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of Fn::Sub
import { describe, expect, test } from '@jest/globals';
import { findCycle, referencesOf } from '../../../local/template/references';

describe('referencesOf', () => {
  test('finds Ref, both forms of GetAtt, and what Fn::Sub names', () => {
    const value = {
      a: { Ref: 'A' },
      b: [{ 'Fn::GetAtt': ['B', 'Arn'] }, { 'Fn::GetAtt': 'C.Arn' }],
      c: { 'Fn::Sub': ['${D}-${E.Arn}-${!F}', { G: { Ref: 'H' } }] },
    };
    expect([...referencesOf(value)].sort()).toEqual(['A', 'B', 'C', 'D', 'E', 'H']);
  });
});

describe('findCycle', () => {
  const template = (resources: Record<string, { Properties?: Record<string, unknown>; DependsOn?: string }>) => ({
    Resources: Object.fromEntries(Object.entries(resources).map(([id, resource]) => [id, { Type: 'T', ...resource }])),
  });

  test('names the resources of a cycle, DependsOn included', () => {
    const cycle = findCycle(
      template({ Start: { Properties: { x: { Ref: 'A' } } }, A: { Properties: { x: { Ref: 'B' } } }, B: { DependsOn: 'A' } }),
    );
    expect(cycle).toEqual(['A', 'B', 'A']);
  });

  test('is silent where two resources share a dependency', () => {
    expect(findCycle(template({ A: { DependsOn: 'C' }, B: { DependsOn: 'C' }, C: {} }))).toBeUndefined();
  });
});
