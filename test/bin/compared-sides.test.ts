import { expect, test } from '@jest/globals';
import { matched, type Side } from '../../bin/compared-sides';

const thing = { Type: 'Test::Thing' };
const side = (names: Readonly<Record<string, object>>, isAccount: boolean): Side => ({
  from: 'somewhere',
  stacks: Object.entries(names).map(([name, Resources]) => ({
    name,
    template: { Resources: Resources as Record<string, { Type: string }> },
  })),
  isOneTemplate: false,
  isAccount,
});
const compared = (before: Side, after: Side) => matched(before, after)[0].stacks.map(({ name }) => name);

const APP = {
  Shop: { Child: { Type: 'AWS::CloudFormation::Stack' } },
  'Shop-Child': { Grandchild: { Type: 'AWS::CloudFormation::Stack' } },
};
const DEPLOYED = { CDKToolkit: { thing }, Another: { thing }, ...APP, 'Shop-Child-Grandchild': { thing }, 'Shop-Other': { thing } };

test('of an account only what the app names is compared, and what was nested in it', () => {
  const next = side({ Shop: { thing } }, false);
  expect(compared(side(DEPLOYED, true), next)).toEqual(['Shop', 'Shop-Child', 'Shop-Child-Grandchild']);
});

test('of an assembly all is compared', () => {
  expect(compared(side(DEPLOYED, false), side({ Shop: { thing } }, false))).toEqual(Object.keys(DEPLOYED));
});
