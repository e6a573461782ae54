import { expect, test } from '@jest/globals';
import type { Stack } from '../../../local/assembly/cloud-assembly';
import { zonesOf } from '../../../local/resources/service-zones';

const subnet = (AvailabilityZone: unknown) => ({ Type: 'AWS::EC2::Subnet', Properties: { AvailabilityZone } });
const stack = {
  region: 'eu-central-1',
  template: {
    Resources: {
      First: subnet({ 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }),
      Second: subnet({ 'Fn::Select': ['1', { 'Fn::GetAZs': '' }] }),
      Other: subnet({ 'Fn::Select': [1, { 'Fn::GetAZs': '' }] }),
      Named: subnet('eu-central-1c'),
    },
  },
} as unknown as Stack;
const serviceIn = (...Subnets: readonly unknown[]) => ({ Properties: { NetworkConfiguration: { AwsvpcConfiguration: { Subnets } } } });

test.each([
  ['of its subnets, each once', serviceIn({ Ref: 'First' }, { Ref: 'Second' }, { Ref: 'Other' }), ['eu-central-1a', 'eu-central-1b']],
  ['that a subnet names', serviceIn({ Ref: 'Named' }), ['eu-central-1c']],
  [
    'in turn, of subnets that the template does not have',
    serviceIn('subnet-1', { 'Fn::ImportValue': 'x' }),
    ['eu-central-1a', 'eu-central-1b'],
  ],
  ['of the region, without subnets', {}, ['eu-central-1a', 'eu-central-1b', 'eu-central-1c']],
])('a service has the zones %s', (_, service, zones) => {
  expect(zonesOf(service, stack)).toEqual(zones);
});
