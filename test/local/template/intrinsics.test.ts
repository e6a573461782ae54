// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of Fn::Sub
import { describe, expect, test } from '@jest/globals';
import { isTrue, NO_VALUE, resolveIntrinsics, type Scope } from '../../../local/template/intrinsics';

const scope: Scope = {
  stack: 'Shop',
  region: 'eu-central-1',
  ref: (name, path) => {
    const values: Record<string, unknown> = { Orders: 'orders-table', Count: 3, 'AWS::Region': 'eu-central-1', 'AWS::NoValue': NO_VALUE };
    if (!(name in values)) throw new Error(`no ${name} at ${path}`);
    return values[name];
  },
  attribute: (id, attribute) => `${id}!${attribute}`,
  condition: (name) => ({ Always: { 'Fn::Equals': ['a', 'a'] }, Never: { 'Fn::Not': [{ Condition: 'Always' }] } })[name],
  mapping: (map, first, second) => `${map}/${first}/${second}`,
  importValue: (name) => `imported:${name}`,
  stackOutput: (stack, output) => `${stack}.${output}`,
};

describe('resolveIntrinsics', () => {
  test.each<[string, unknown, unknown]>([
    ['plain values stay', { a: [1, true, null, 'x'] }, { a: [1, true, null, 'x'] }],
    ['Ref', { Ref: 'Orders' }, 'orders-table'],
    ['Ref keeps a number', { Ref: 'Count' }, 3],
    ['Fn::GetAtt as list', { 'Fn::GetAtt': ['Orders', 'Arn'] }, 'Orders!Arn'],
    ['Fn::GetAtt as text with a dotted attribute', { 'Fn::GetAtt': 'Orders.Endpoint.Port' }, 'Orders!Endpoint.Port'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Orders' }, { Ref: 'Count' }]] }, 'a-orders-table-3'],
    ['Fn::Join over a function that gives a list', { 'Fn::Join': ['+', { 'Fn::Split': [',', 'a,b'] }] }, 'a+b'],
    [
      'Fn::Sub',
      { 'Fn::Sub': 'arn:${AWS::Region}:${Orders}/${Orders.Arn}/${!Literal}' },
      'arn:eu-central-1:orders-table/Orders!Arn/${Literal}',
    ],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${Name} of ${Orders}', { Name: { Ref: 'Count' } }] }, '3 of orders-table'],
    ['Fn::Select', { 'Fn::Select': ['1', ['a', 'b']] }, 'b'],
    ['Fn::Select of Fn::GetAZs', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, 'eu-central-1a'],
    ['Fn::Split', { 'Fn::Split': ['/', 'a/b/c'] }, ['a', 'b', 'c']],
    ['Fn::Base64', { 'Fn::Base64': 'hi' }, 'aGk='],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'cpu'] }, 'Sizes/eu-central-1/cpu'],
    ['Fn::ImportValue', { 'Fn::ImportValue': { 'Fn::Join': [':', ['net', 'vpc']] } }, 'imported:net:vpc'],
    ['Fn::GetStackOutput', { 'Fn::GetStackOutput': { StackName: 'Net', OutputName: 'Vpc' } }, 'Net.Vpc'],
    ['Fn::Cidr', { 'Fn::Cidr': ['10.0.5.7/16', '3', '8'] }, ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']],
    ['Fn::Cidr of IPv6', { 'Fn::Cidr': ['2001:db8:1234:1a00::/56', 2, 64] }, ['2001:db8:1234:1a00::/64', '2001:db8:1234:1a01::/64']],
    ['Fn::Length', { 'Fn::Length': { 'Fn::Split': [',', 'a,b'] } }, 2],
    ['Fn::ToJsonString', { 'Fn::ToJsonString': { a: { Ref: 'Count' } } }, '{"a":3}'],
    ['Fn::If takes the branch of a true condition', { 'Fn::If': ['Always', 'yes', 'no'] }, 'yes'],
    ['Fn::If takes the other branch', { 'Fn::If': ['Never', 'yes', { Ref: 'Orders' }] }, 'orders-table'],
    ['AWS::NoValue removes a property', { a: 1, b: { 'Fn::If': ['Never', 2, { Ref: 'AWS::NoValue' }] } }, { a: 1 }],
    ['AWS::NoValue removes an element', ['a', { Ref: 'AWS::NoValue' }], ['a']],
    ['AWS::NoValue alone is nothing', { Ref: 'AWS::NoValue' }, undefined],
    [
      'a Condition block of IAM is no function',
      { Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      { Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    ],
  ])('%s', (_, value, expected) => {
    expect(resolveIntrinsics(value, scope, 'Shop/Orders')).toEqual(expected);
  });

  test.each<[string, unknown, string]>([
    ['a function that is not known', { A: [{ 'Fn::Transform': {} }] }, 'Fn::Transform at Shop/Orders/A/0'],
    ['blocks of what is none', { 'Fn::Cidr': ['10.0.0.0', 1, 8] }, 'allowed is an address block'],
    ['more blocks than there are', { 'Fn::Cidr': ['10.0.0.0/24', 3, 7] }, '3 blocks of 10.0.0.0/24; allowed is 1 to 2'],
    ['blocks larger than the whole', { 'Fn::Cidr': ['10.0.0.0/24', 1, 9] }, 'allowed is 1 to 8'],
    ['a dynamic reference', { A: '{{resolve:ssm:/a}}' }, 'dynamic reference in "{{resolve:ssm:/a}}" at Shop/Orders/A'],
    [
      'an index outside the list',
      { 'Fn::Select': [2, ['a', 'b']] },
      'Shop/Orders/Fn::Select has index 2 of a list of 2; allowed is 0 to 1',
    ],
    ['an object where text is needed', { 'Fn::Join': ['', [{ a: 1 }]] }, 'Shop/Orders/Fn::Join has {"a":1}; allowed is a string'],
  ])('refuses %s by name and place', (_, value, message) => {
    expect(() => resolveIntrinsics(value, scope, 'Shop/Orders')).toThrow(message);
  });

  test('conditions combine', () => {
    const withConditions = (condition: unknown): boolean => isTrue('It', { ...scope, condition: () => condition }, 'Shop');
    expect(withConditions({ 'Fn::And': [{ 'Fn::Equals': [1, 1] }, { 'Fn::Equals': ['a', 'b'] }] })).toBe(false);
    expect(withConditions({ 'Fn::Or': [{ 'Fn::Equals': [1, 2] }, { 'Fn::Equals': ['b', 'b'] }] })).toBe(true);
  });
});
