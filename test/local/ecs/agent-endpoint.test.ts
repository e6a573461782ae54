import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ContainerMetadata, TaskMetadata } from '../../../local/ecs/agent-endpoint';
import type { EcsMachine } from '../../../local/ecs/machine';
import { Task } from '../../../local/ecs/task';
import { definitionOf, startMachine } from '../fixtures/tasks';

const PLACE = { cluster: 'c', service: 's', zone: 'us-east-1a' };
const definition = { ...definitionOf({ app: '' }), arn: 'arn:aws:ecs:us-east-1:000000000000:task-definition/test:7' };
let machine: EcsMachine & { stop(): Promise<void> };

beforeAll(async () => {
  machine = await startMachine();
});

afterAll(() => machine.stop());

const answerOf = async <T>(url: string, init?: RequestInit): Promise<T> => (await (await fetch(url, init)).json()) as T;

test('tells a task and its containers which revision they are', async () => {
  const task = await Task.create(definition, PLACE, machine);
  const { ECS_CONTAINER_METADATA_URI_V4: uri } = machine.agent.admit(task, 'app');
  expect(await answerOf<TaskMetadata>(`${uri}/task`)).toMatchObject({
    TaskARN: task.arn,
    Family: 'test',
    Revision: '7',
    ServiceName: 's',
  });
  expect((await answerOf<ContainerMetadata>(uri)).Labels).toEqual({
    'com.amazonaws.ecs.cluster': 'arn:aws:ecs:us-east-1:000000000000:cluster/c',
    'com.amazonaws.ecs.container-name': 'app',
    'com.amazonaws.ecs.task-arn': task.arn,
    'com.amazonaws.ecs.task-definition-family': 'test',
    'com.amazonaws.ecs.task-definition-version': '7',
  });
  await task.stop();
});

test('gives a task no more time while its service has more protected tasks than it shall run', async () => {
  const told: string[] = [];
  const scheduler = { isDeploymentBlocked: false, protectionChanged: () => told.push('changed') };
  const task = await Task.create(definition, { ...PLACE, scheduler }, machine);
  const { ECS_AGENT_URI } = machine.agent.admit(task, 'app');
  const put = (ProtectionEnabled: boolean) =>
    answerOf(`${ECS_AGENT_URI}/task-protection/v1/state`, { method: 'PUT', body: JSON.stringify({ ProtectionEnabled }) });
  expect(await put(true)).toMatchObject({ protection: { ProtectionEnabled: true } });
  const { protectedUntil } = task;

  scheduler.isDeploymentBlocked = true;
  expect(await put(true)).toMatchObject({ failure: { Arn: task.arn, Reason: 'DEPLOYMENT_BLOCKED' } });
  expect([task.isProtected, task.protectedUntil]).toEqual([true, protectedUntil]);
  expect(await put(false)).toMatchObject({ protection: { ProtectionEnabled: false } });
  expect(told).toEqual(['changed', 'changed']);
  await task.stop();
});
