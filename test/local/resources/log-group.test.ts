import { expect, test } from '@jest/globals';
import { metriclessContainers } from '../../../local/resources/log-group';

const group = (LogGroupClass?: string) => ({ Type: 'AWS::Logs::LogGroup', Properties: { ...(LogGroupClass && { LogGroupClass }) } });
const Resources = { Infrequent: group('INFREQUENT_ACCESS'), Delivery: group('DELIVERY'), Standard: group('STANDARD'), Plain: group() };
const container = (Name: string, name: unknown) => ({
  Name,
  LogConfiguration: { LogDriver: 'awslogs', Options: { 'awslogs-group': name } },
});

test('containers without metrics are those whose log group says so, in this template', () => {
  const ContainerDefinitions = [
    ...Object.keys(Resources).map((id) => container(id, { Ref: id })),
    container('elsewhere', 'company-logs'),
    container('imported', { 'Fn::ImportValue': 'Logs' }),
    { Name: 'silent' },
  ];
  const resource = { Type: 'AWS::ECS::TaskDefinition', Properties: { ContainerDefinitions } };
  const hints = { Infrequent: { directory: 'servers' } };
  expect(metriclessContainers(resource, { Resources }, hints)).toEqual({
    Infrequent: { directory: 'servers', metricless: true },
    Delivery: { metricless: true },
  });
  expect(metriclessContainers({ Type: 'AWS::ECS::TaskDefinition' }, { Resources }, {})).toEqual({});
});
