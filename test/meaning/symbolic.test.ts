import { describe, expect, test } from '@jest/globals';
import { coversAddress } from '../../core/address-ranges';
import { originOf, shownCommand, shownImage, shownSecret, shownUrl } from '../../meaning/shown';
import { documentOf, readableIn, textOf } from '../../meaning/symbolic';

describe('what deployment fills in', () => {
  test.each([
    [{ Ref: 'Table' }, '<Table>'],
    [{ 'Fn::GetAtt': ['Table', 'Arn'] }, '<Table.Arn>'],
    [{ 'Fn::Join': ['/', ['a', { Ref: 'B' }, 'c']] }, 'a/<B>/c'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as CloudFormation has it
    [{ 'Fn::Sub': ['${A}-${B.Arn}-${!C}', { A: { Ref: 'Own' } }] }, '<Own>-<B.Arn>-${C}'],
    [{ 'Fn::Select': [0, { Ref: 'List' }] }, '<{"Fn::Select":[0,{"Ref":"List"}]}>'],
    [7, '7'],
    [undefined, ''],
  ])('%j stands as %s', (value, text) => {
    expect(textOf(value)).toBe(text);
  });

  test('stands as text in a document, between quotes and without', () => {
    const document = { 'Fn::Join': ['', ['{"a":"x-', { Ref: 'A' }, '\\"","b":', { 'Fn::GetAtt': ['B', 'Value'] }, '}']] };
    expect(documentOf(document)).toEqual({ a: 'x-<A>"', b: '<B.Value>' });
    expect(documentOf('no document')).toBeUndefined();
  });

  test('is shown by the construct that it comes from', () => {
    const readable = readableIn({ Resources: { A1: { Type: 'T', Metadata: { 'aws:cdk:path': 'Shop/Key/Resource' } }, B2: { Type: 'T' } } });
    expect(readable('<A1.Arn> <B2> <AWS::Region> <toString>')).toBe('<Shop/Key.Arn> <B2> <AWS::Region> <toString>');
  });
});

describe('what may be shown', () => {
  test.each([
    [['node', 'server.js', '--port', '3000'], 'node server.js --port 3000'],
    [['run', '--api-key', 'abc', '--quiet'], 'run --api-key … --quiet'],
    [['run', '--token=abc', 'PASSWORD=x', '--name=y'], 'run --token=… PASSWORD=… --name=y'],
    [['run', 'sk_live_4711aZ9xQ2vB', 'eyJhbGciOi.x.y'], 'run … …'],
    [['run', 'https://user:word@a.example/b?key=1'], 'run https://a.example/b'],
  ])('of the command %j', (words, text) => {
    expect(shownCommand(words)).toBe(text);
  });

  test.each([
    ['https://user:word@tickets.example:8443/mcp?key=1#x', 'https://tickets.example:8443'],
    ['https://<Pool.Name>.example/mcp', 'https://<Pool.Name>.example'],
    ['<Url>', 'an address that only deployment knows'],
  ])('of the address %s', (url, origin) => {
    expect(originOf(url)).toBe(origin);
    expect(shownUrl(url)).not.toMatch(/word|key=/);
  });

  test('of images and secrets', () => {
    expect(shownImage(`<AWS::AccountId>.dkr.ecr/assets:${'ab12'.repeat(16)}`)).toBe('asset ab12ab12ab12');
    expect(shownImage('acme/search:4')).toBe('acme/search:4');
    expect(shownSecret('arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:prod/bank:pin::')).toBe(
      'prod/bank, its pin',
    );
    expect(shownSecret('<Key>:pin::')).toBe('<Key>, its pin');
    expect(shownSecret('<Key>')).toBe('<Key>');
  });
});

test.each([
  ['0.0.0.0/0', '10.0.0.0/8', true],
  ['10.0.0.0/8', '10.9.0.0/16', true],
  ['10.9.0.0/16', '10.0.0.0/8', false],
  ['10.0.0.0/8', '11.0.0.0/8', false],
  ['0.0.0.0/0', '<Vpc.CidrBlock>', true],
  ['0.0.0.0/0', '::/0', false],
  ['::/0', '2001:db8::/32', true],
  ['<Vpc.CidrBlock>', '10.0.0.0/16', false],
])('%s covers %s: %s', (wide, narrow, covers) => {
  expect(coversAddress(wide, narrow)).toBe(covers);
});
