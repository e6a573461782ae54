import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TargetGroup } from '../../../local/alb/target-group';
import { readTargetGroup } from '../../../local/alb/target-group-settings';
import type { EcsMachine } from '../../../local/ecs/machine';
import { Service } from '../../../local/ecs/service';
import type { ServiceEvent } from '../../../local/local-account';
import { definitionOf, startMachine } from '../fixtures/tasks';

/** Healthy until it is told otherwise. */
const APP = `
let status = 200;
require('node:http').createServer((request, response) => {
  if (request.url === '/sicken') status = 503;
  if (request.url === '/crash') {
    console.error('out of luck');
    process.exit(3);
  }
  response.writeHead(status).end();
}).listen(process.env.PORT);
`;
const NOW = { drainMs: 0, stopMs: 1000 };
let machine: EcsMachine & { stop(): Promise<void> };

const events: ServiceEvent[] = [];
const troubles = () => events.filter(({ event }) => event !== 'healthy');

beforeAll(async () => {
  machine = await startMachine((event) => events.push(event));
});

afterAll(() => machine.stop());

const created: Service[] = [];

// A test that fails must not leave programs behind.
afterEach(() => Promise.all(created.splice(0).map((service) => service.stop(NOW))));

beforeEach(() => {
  events.length = 0;
});

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((next) => setTimeout(next, 20));
};

function create(
  more: Readonly<Record<string, string>> = {},
  properties: Parameters<typeof definitionOf>[1] = {},
): { service: Service; group: TargetGroup } {
  const group = new TargetGroup(
    readTargetGroup(
      { UnhealthyThresholdCount: 2, HealthCheckIntervalSeconds: 5, Matcher: { HttpCode: '200' } },
      'tg',
      'arn',
      'Test/Targets',
    ),
  );
  const definition = definitionOf(
    { app: APP, ...more },
    { app: { PortMappings: [{ ContainerPort: 80 }], Environment: [{ Name: 'PORT', Value: '80' }] }, ...properties },
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

  test('keeps protected tasks of every deployment, each of which tells who started it, and begins no sixth', async () => {
    const { service } = create();
    service.scaleTo(1);
    await service.healthy(10_000);
    // Else there would be no room for so many tasks.
    const deploymentConfiguration = { minimumHealthyPercent: 100, maximumPercent: 500 };
    const deploying: Promise<unknown>[] = [];
    for (let more = 0; more < 4; more++) {
      for (const task of service.tasks) task.protectedUntil = Date.now() + 60_000;
      deploying.push(service.deploy({ forceNewDeployment: true, deploymentConfiguration }).catch((error: Error) => error.name));
      await running(service, more + 2);
    }
    const [primary, ...overtaken] = service.deployments();
    expect([primary?.status, overtaken.map(({ status }) => status)]).toEqual(['PRIMARY', Array(4).fill('ACTIVE')]);
    expect(service.tasks.map(({ startedBy }) => startedBy).sort()).toEqual(
      service
        .deployments()
        .map(({ id }) => id)
        .sort(),
    );
    await expect(service.deploy({ forceNewDeployment: true })).rejects.toThrow(
      '5 active deployments exist, unable to create new deployment.',
    );
    for (const task of service.tasks) task.protectedUntil = 0;
    expect(await Promise.all(deploying)).toEqual([...Array(3).fill('ServiceDeploymentSuperseded'), undefined]);
    expect(service.tasks.map(({ startedBy }) => startedBy)).toEqual([primary?.id]);
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
    expect(troubles()).toMatchObject([
      {
        event: 'failed',
        service: 'shop',
        role: 'server',
        container: 'app',
        what: 'is not healthy any more; last health answer: GET /: status 503',
        lines: [],
        retryMs: expect.any(Number),
      },
    ]);
    await service.stop(NOW);
  });

  test('tells of a task that ends, with its last lines, and when all is well again', async () => {
    const { service, group } = create();
    service.scaleTo(2);
    await service.healthy(10_000);
    expect(events).toEqual([{ event: 'healthy', service: 'shop', role: 'server' }]);
    await fetch(`http://127.0.0.1:${group.all()[0]?.port}/crash`).catch(() => {});
    await until(() => events.length === 3);
    expect(events.slice(1)).toMatchObject([
      { event: 'failed', what: 'exited with code 3', exit: { code: 3, signal: null }, lines: ['out of luck'], retryMs: expect.any(Number) },
      { event: 'healthy' },
    ]);
  });

  test('tells of a container without which its task goes on, unless it has ended well', async () => {
    const { service } = create(
      { broken: 'console.log("no"); process.exit(4);', done: 'process.exit(0);' },
      { broken: { Essential: false }, done: { Essential: false } },
    );
    service.scaleTo(1);
    await service.healthy(10_000);
    await until(() => service.tasks[0]?.containers.filter(({ pid }) => pid === undefined).length === 2);
    await until(() => troubles().length > 0);
    expect(troubles()).toMatchObject([{ event: 'lost', container: 'broken', what: 'exited with code 4', lines: ['no'] }]);
  });

  test('says nothing of what it was asked to end', async () => {
    const { service } = create({ other: 'setInterval(() => {}, 1000)' }, { other: { Essential: false } });
    service.scaleTo(2);
    await service.healthy(10_000);
    const [killed] = service.tasks;
    killed?.containers[0]?.kill();
    await until(() => killed !== undefined && !service.tasks.includes(killed) && service.isHealthy());
    service.scaleTo(1);
    await running(service, 1);
    await service.deploy({ forceNewDeployment: true });
    await service.stop(NOW);
    expect(troubles()).toEqual([]);
  });
});
