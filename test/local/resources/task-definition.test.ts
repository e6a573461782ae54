import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { NpmPackages } from '../../../local/ecs/npm-package';
import { Task } from '../../../local/ecs/task';
import type { ContainerProperties, TaskDefinition, TaskDefinitionProperties } from '../../../local/ecs/task-definition';
import { TaskDefinitions } from '../../../local/ecs/task-definitions';
import type { Images } from '../../../local/images/images';
import type { Machinery } from '../../../local/machinery';
import type { ResourceRequest } from '../../../local/resources/provisioner';
import { taskDefinition } from '../../../local/resources/task-definition';
import { scratchFolder } from '../fixtures/assembly';
import { contextOf, ImageMaker } from '../fixtures/images';
import { startMachine } from '../fixtures/tasks';

const maker = new ImageMaker();
const STAYS = 'FROM node:24\nCMD ["-e", "setInterval(() => {}, 1000)"]';
const SERVER: ContainerProperties = { Name: 'server', Image: 'server', Essential: true };
let told: string[];
let machine: Awaited<ReturnType<typeof startMachine>>;

beforeAll(async () => {
  machine = await startMachine();
});

afterAll(() => machine.stop());

beforeEach(() => {
  told = [];
});

/** Creates a task definition whose images have the given Dockerfiles. */
async function create(
  containers: readonly ContainerProperties[],
  dockerfiles: Record<string, string> = {},
  hints?: object,
): Promise<TaskDefinition> {
  const assets = {
    file: () => undefined,
    image: (uri: string) => {
      const dockerfile = { server: STAYS, ...dockerfiles }[uri];
      return dockerfile === undefined
        ? undefined
        : { id: uri, folder: contextOf({ Dockerfile: dockerfile }), dockerfile: 'Dockerfile', buildArguments: {} };
    },
  };
  const request = {
    properties: { ContainerDefinitions: containers },
    stack: { assets, region: 'us-east-1', account: '000000000000' },
    resource: { Type: 'AWS::ECS::TaskDefinition', Metadata: { 'cdk-mcp-fleet:containers': hints } },
    generatedName: 'Shop-Task',
    path: 'Shop/Task',
  } as unknown as ResourceRequest<TaskDefinitionProperties>;
  const images: Images = maker.account();
  const taskDefinitions = new TaskDefinitions();
  const tell = (name: string, detail: string): void => void told.push(`${name}: ${detail}`);
  await taskDefinition.create(request, {
    taskDefinitions,
    packages: new NpmPackages(scratchFolder()),
    images,
    tell,
  } as unknown as Machinery);
  return taskDefinitions.all()[0] as TaskDefinition;
}

const names = ({ containers }: TaskDefinition): string[] => containers.map(({ properties }) => properties.Name);

describe('a container beside those of the fleet', () => {
  const router = { Name: 'router', Image: 'public.ecr.aws/aws-observability/aws-for-fluent-bit:2', Essential: false };

  test('is left out where it is not essential and only Docker can run it, and is told of; the others do not wait for it', async () => {
    const definition = await create([{ ...SERVER, DependsOn: [{ ContainerName: 'router', Condition: 'HEALTHY' }] }, router]);
    expect(names(definition)).toEqual(['server']);
    expect(told).toEqual([`not run here: container Shop/Task/router (${router.Image}), which is not essential`]);
    const task = await Task.create(definition, { cluster: 'c', service: 's', zone: 'z' }, machine);
    await task.start();
    expect(task.running).toBe(true);
    await task.stop(0);
  });

  test.each([true, undefined])('is refused by name where it is essential (%s)', async (Essential) => {
    const { Essential: _, ...open } = router;
    const attempt = create([SERVER, Essential === undefined ? open : { ...open, Essential }]);
    await expect(attempt).rejects.toThrow(
      `the image ${router.Image} of Shop/Task/router: it is no asset of this assembly; add \`localCommand\` to the runtime of its server, or make a container beside it \`essential: false\``,
    );
    expect(told).toEqual([]);
  });

  test('runs by a declared command, and as its own Dockerfile says', async () => {
    const extra = { Name: 'extra', Image: 'extra', Essential: false };
    expect(names(await create([SERVER, router, extra], { extra: STAYS }, { router: { command: ['node', 'router.js'] } }))).toEqual([
      'server',
      'router',
      'extra',
    ]);
    expect(told).toEqual([]);
  });

  test('whose own Dockerfile needs Docker is left out in the same way', async () => {
    expect(names(await create([SERVER, { ...router, Image: 'extra' }], { extra: 'FROM fluent/fluent-bit' }))).toEqual(['server']);
    expect(told).toEqual(['not run here: container Shop/Task/router (extra), which is not essential']);
  });

  test('whose RUN fails is an error all the same', async () => {
    await expect(create([SERVER, { ...router, Image: 'extra' }], { extra: 'FROM node:24\nRUN node -e "process.exit(1)"' })).rejects.toThrow(
      'RUN in Dockerfile:2 of ',
    );
  });
});
