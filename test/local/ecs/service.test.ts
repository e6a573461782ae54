import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { TargetGroup } from '../../../local/alb/target-group';
import { readTargetGroup } from '../../../local/alb/target-group-settings';
import type { EcsMachine } from '../../../local/ecs/machine';
import { Service } from '../../../local/ecs/service';
import { definitionOf, startMachine } from '../fixtures/tasks';

/** Healthy until it is told otherwise. */
const APP = `
let status = 200;
require('node:http').createServer((request, response) => {
  if (request.url === '/sicken') status = 503;
  response.writeHead(status).end();
}).listen(process.env.PORT);
`;
const NOW = { drainMs: 0, stopMs: 1000 };
let machine: EcsMachine & { stop(): Promise<void> };

beforeAll(async () => {
  machine = await startMachine();
});

afterAll(() => machine.stop());

const created: Service[] = [];

// A test that fails must not leave programs behind.
afterEach(() => Promise.all(created.splice(0).map((service) => service.stop(NOW))));

function create(): { service: Service; group: TargetGroup } {
  const group = new TargetGroup(
    readTargetGroup(
      { UnhealthyThresholdCount: 2, HealthCheckIntervalSeconds: 5, Matcher: { HttpCode: '200' } },
      'tg',
      'arn',
      'Test/Targets',
    ),
  );
  const definition = definitionOf(
    { app: APP },
    { app: { PortMappings: [{ ContainerPort: 80 }], Environment: [{ Name: 'PORT', Value: '80' }] } },
  );
  const settings = {
    name: 'shop',
    arn: 'arn',
    cluster: 'c',
    definition,
    zones: ['a'],
    targets: [{ group, containerPort: 80 }],
    gracePeriodSeconds: 0,
  };
  const service = new Service(settings, machine);
  created.push(service);
  return { service, group };
}

const running = async (service: Service, count: number): Promise<void> => {
  while (!service.isHealthy() || service.tasks.length !== count) await new Promise((next) => setTimeout(next, 20));
};

describe('Service', () => {
  test('scales out and in, and leaves protected tasks alone', async () => {
    const { service, group } = create();
    service.scaleTo(1);
    await service.healthy(10_000);
    const [first] = service.tasks;
    if (first) first.protectedUntil = Date.now() + 60_000;
    service.scaleTo(3);
    await running(service, 3);
    service.scaleTo(1);
    await running(service, 1);
    expect(service.tasks).toEqual([first]);
    expect(group.all().map(({ id }) => id)).toEqual([first?.id]);
    await service.stop(NOW);
    expect([service.tasks, group.all()]).toEqual([[], []]);
  });

  test('replaces a task whose target becomes unhealthy', async () => {
    const { service, group } = create();
    service.scaleTo(1);
    await service.healthy(10_000);
    const [sick] = service.tasks;
    await fetch(`http://127.0.0.1:${group.all()[0]?.port}/sicken`);
    while (service.tasks.includes(sick as (typeof service.tasks)[0])) await new Promise((next) => setTimeout(next, 20));
    await running(service, 1);
    expect(service.tasks[0]?.id).not.toBe(sick?.id);
    await service.stop(NOW);
  });
});
