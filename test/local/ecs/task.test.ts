import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { failureText } from '../../../local/ecs/failure';
import type { EcsMachine } from '../../../local/ecs/machine';
import { Task } from '../../../local/ecs/task';
import type { TaskDefinition } from '../../../local/ecs/task-definition';
import { definitionOf, startMachine } from '../fixtures/tasks';

const STAYS = 'console.log("started", Date.now()); setInterval(() => {}, 1000);';
const PLACE = { cluster: 'c', service: 's', zone: 'us-east-1a' };
let machine: EcsMachine & { stop(): Promise<void> };

beforeAll(async () => {
  machine = await startMachine();
});

afterAll(() => machine.stop());

const created: Task[] = [];
const create = async (definition: TaskDefinition): Promise<Task> => {
  const task = await Task.create(definition, PLACE, machine);
  created.push(task);
  return task;
};

// A test that fails must not leave programs behind.
afterEach(() => Promise.all(created.splice(0).map((task) => task.stop(0))));

const startedAt = async (task: Task, name: string): Promise<number> => {
  const path = task.containers.find((container) => container.name === name)?.log.path as string;
  for (;;) {
    const found = /started (\d+)/.exec(readFileSync(path, 'utf8'));
    if (found) return Number(found[1]);
    await new Promise((next) => setTimeout(next, 10));
  }
};

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('Task', () => {
  test('starts a container when the one it depends on is healthy', async () => {
    const healthy = 'setTimeout(() => require("node:fs").writeFileSync(process.env.TMPDIR + "/healthy", ""), 700);';
    const task = await create(
      definitionOf(
        { database: STAYS + healthy, app: STAYS },
        {
          database: { HealthCheck: { Command: ['CMD-SHELL', 'test -f "$TMPDIR/healthy"'], Interval: 30 } },
          app: { DependsOn: [{ ContainerName: 'database', Condition: 'HEALTHY' }] },
        },
      ),
    );
    await task.start();
    expect(task.containers[0]?.health.status).toBe('HEALTHY');
    expect((await startedAt(task, 'app')) - (await startedAt(task, 'database'))).toBeGreaterThanOrEqual(700);
    await task.stop();
  });

  test('starts a container when the one it depends on has succeeded, and fails when that one fails', async () => {
    const definition = (code: number) =>
      definitionOf(
        { setup: `setTimeout(() => process.exit(${code}), 200)`, app: STAYS },
        { setup: { Essential: false }, app: { DependsOn: [{ ContainerName: 'setup', Condition: 'SUCCESS' }] } },
      );
    const good = await create(definition(0));
    await good.start();
    expect(good.running).toBe(true);
    await good.stop();

    const bad = await create(definition(4));
    void bad.start();
    expect(failureText(await bad.failed)).toMatch(/^container setup exited with code 4, and others wait for its success; /);
    await bad.stop();
  });

  test('fails with an essential container, and says how it ended', async () => {
    const task = await create(definitionOf({ app: STAYS, other: 'console.error("out of luck"); process.exit(3);' }));
    await task.start();
    expect(failureText(await task.failed)).toMatch(/^container other exited with code 3; the end of its log .*\n {4}out of luck$/);
    await task.stop();
    expect(task.containers.map(({ pid }) => pid)).toEqual([undefined, undefined]);
  });

  test('goes on without a container that is not essential', async () => {
    const task = await create(definitionOf({ app: STAYS, once: 'process.exit(0)' }, { once: { Essential: false } }));
    await task.start();
    await task.containers[1]?.exited;
    expect(task.running).toBe(true);
    await task.stop();
  });

  test('fails when a health check fails often enough', async () => {
    const task = await create(
      definitionOf(
        { app: STAYS },
        { app: { HealthCheck: { Command: ['CMD', 'node', '-e', 'process.exit(1)'], Interval: 0.1, Retries: 2 } } },
      ),
    );
    await task.start();
    expect((await task.failed).what).toBe('fails its health check: its command exited with code 1');
    await task.stop();
  });

  test('kills a container that does not end within its stop timeout', async () => {
    const task = await create(definitionOf({ app: `process.on('SIGTERM', () => {}); ${STAYS}` }, { app: { StopTimeout: 1 } }));
    await task.start();
    await startedAt(task, 'app');
    const start = Date.now();
    await task.stop();
    expect(await task.containers[0]?.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(Date.now() - start).toBeGreaterThanOrEqual(1000);
  });

  test('a stop that is under way can be hurried', async () => {
    const task = await create(definitionOf({ app: `process.on('SIGTERM', () => {}); ${STAYS}` }, { app: { StopTimeout: 60 } }));
    await task.start();
    await startedAt(task, 'app');
    void task.stop();
    await task.stop(100);
    expect(task.containers[0]?.pid).toBeUndefined();
  });

  test('ends the children of a container with it', async () => {
    const parent =
      'const c = require("node:child_process").spawn("sleep", ["1000"]); console.log("started", c.pid); setInterval(() => {}, 1000);';
    const task = await create(definitionOf({ app: parent }));
    await task.start();
    const child = await startedAt(task, 'app');
    await task.stop();
    // The kernel takes a moment to bury it.
    while (isAlive(child)) await new Promise((next) => setTimeout(next, 10));
  });

  test('names a command that does not exist', async () => {
    const definition = definitionOf({ app: '' });
    const container = definition.containers[0] as TaskDefinition['containers'][0];
    const task = await create({
      ...definition,
      containers: [{ ...container, program: { ...container.program, argv: ['no-such-program'] } }],
    });
    await task.start();
    expect((await task.failed).what).toMatch(/^could not be started: the command "no-such-program" is not found on \//);
    await task.stop();
  });
});
