import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readCloudAssembly } from '../../../local/assembly/cloud-assembly';
import { writeAssembly } from '../fixtures/assembly';
import { custom, StackRig } from '../fixtures/stack-rig';

type Template = Readonly<Record<string, unknown>>;

let rig: StackRig;
let story: string[];

beforeAll(async () => {
  rig = await StackRig.start();
}, 30_000);
afterAll(() => rig.stop());

const put = async (templates: Readonly<Record<string, Template>>): Promise<unknown> => {
  const stacks = Object.entries(templates).map(([name, template]) => [name, { template: { Resources: {}, ...template } }]);
  story = [];
  const tell = ({ logicalId, status }: { logicalId: string; status: string }) => void story.push(`${logicalId} ${status}`);
  return rig.stacks.deploy({ put: readCloudAssembly(writeAssembly(Object.fromEntries(stacks))).stacks }, { tell });
};
const network = (cidr: string) => ({ Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: cidr } } });
const exporting = (Value: unknown, more: object = {}) => ({ Out: { Value, Export: { Name: 'lent' }, ...more } });
const importer = { Resources: { Thing: { Type: 'Test::Thing', Properties: { Value: { 'Fn::ImportValue': 'lent' } } } } };
const lender = (value: unknown, more: object = {}) => ({ Resources: network('10.0.0.0/16'), Outputs: exporting(value), ...more });
const named = (value: string) => ({ Parameters: { Name: { Type: 'String', Default: value } } });

describe('an export that two stacks import', () => {
  beforeEach(() => put({ Lender: lender({ Ref: 'Name' }, named('mine')), One: importer, Two: importer }));
  afterEach(async () => {
    for (const name of ['One', 'Two', 'Lender']) await rig.stacks.deploy({ put: [], remove: [name] });
  });

  const DELETED = 'Export lent cannot be deleted as it is in use by One and Two.';
  const UPDATED = 'Export lent cannot be updated as it is in use by One and Two.';

  test.each<[string, Template, string]>([
    ['that is gone', { Resources: network('10.0.0.0/16') }, DELETED],
    [
      'whose condition holds no more',
      lender('mine', { Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } }, Outputs: exporting('mine', { Condition: 'Never' }) }),
      DELETED,
    ],
    ['that goes by another name', { Outputs: { Out: { Value: 'mine', Export: { Name: 'given' } } } }, DELETED],
    ['that is another text', lender('yours'), UPDATED],
    ['whose parameter is given another value', lender({ Ref: 'Name' }, named('yours')), UPDATED],
    ['that is the name of what is there', lender({ Ref: 'Vpc' }), UPDATED],
    ['that is the name of what comes', { Resources: { New: { Type: 'AWS::EC2::VPC' } }, Outputs: exporting({ Ref: 'New' }) }, UPDATED],
  ])('%s is refused before anything changes', async (_, after, message) => {
    await expect(put({ Lender: after })).rejects.toThrow(`nothing was changed.\n  - Lender: The export lent`);
    await expect(put({ Lender: after })).rejects.toThrow(message);
    expect(story).toEqual([]);
  });

  test.each<[string, Template]>([
    ['is made of other words', lender('mine')],
    ['has a parameter of another name', lender({ Ref: 'Other' }, { Parameters: { Other: { Type: 'String', Default: 'mine' } } })],
    ['is another output', { Outputs: { Other: { Value: 'mine', Export: { Name: 'lent' } } } }],
    ['comes with other resources', lender('mine', { Resources: { ...network('10.1.0.0/16'), More: { Type: 'AWS::EC2::VPC' } } })],
  ])('may change where its value does not: it %s', async (_, after) => {
    await put({ Lender: after });
    expect(rig.stacks.stacks.find(({ name }) => name === 'Lender')?.template).toMatchObject(after);
  });

  test('may change with who imports it', async () => {
    await put({ Lender: lender('yours'), One: importer, Two: importer });
    await expect(put({ Lender: lender('mine'), One: importer })).rejects.toThrow('in use by Two.');
    await put({ Lender: {}, One: {}, Two: {} });
  });

  test('is in use for as long as one stack imports it', async () => {
    await put({ One: {} });
    await expect(rig.stacks.deploy({ put: [], remove: ['Lender'] })).rejects.toThrow('cannot be deleted as it is in use by Two.');
    await put({ Two: {} });
    await put({ Lender: {} });
  });
});

test('the name of what is made anew is refused before anything changes, one of what changes in place is not', async () => {
  await put({ Lender: lender({ Ref: 'Vpc' }), One: importer });
  await expect(put({ Lender: { ...lender({ Ref: 'Vpc' }), Resources: network('10.1.0.0/16') } })).rejects.toThrow('cannot be updated');
  expect(story).toEqual([]);
  const changed = { Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16', EnableDnsSupport: true } } };
  await put({ Lender: { ...lender({ Ref: 'Vpc' }), Resources: changed } });
  expect(story).toContain('Vpc UPDATE_COMPLETE');
  for (const name of ['One', 'Lender']) await rig.stacks.deploy({ put: [], remove: [name] });
});

describe('a value that only the deployment tells', () => {
  const outputs = exporting({ 'Fn::GetAtt': ['One', 'Says'] });
  const deploy = (says: string, more: object = {}) => rig.deploy({ One: custom({ Name: 'one', Says: says, ...more }) }, {}, {}, outputs);
  const asked = () => rig.takeJournal().map(({ RequestType, ResourceProperties: { Says } }) => `${RequestType} ${Says}`);

  test('is refused when it is told, and everything is again as it was', async () => {
    await deploy('a');
    await put({ Reader: importer });
    rig.takeJournal();
    await expect(deploy('b')).rejects.toThrow('Export lent cannot be updated as it is in use by Reader.');
    expect(asked()).toEqual(['Update b', 'Update a']);
    expect(rig.stacks.resources.get('Shop/One')?.created.attribute('Says')).toBe('one a');
  });

  test('is let be where it is the same in the end', async () => {
    await deploy('a', { Silent: 'yes' });
    expect(asked()).toEqual(['Update a']);
    for (const name of ['Reader', 'Shop']) await rig.stacks.deploy({ put: [], remove: [name] });
  });
});
