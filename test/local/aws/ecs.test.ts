import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Service } from '../../../local/ecs/service';
import { LOCAL_CREDENTIALS, OPERATOR_CREDENTIALS } from '../../../local/processes/credentials';
import { EcsApi } from '../../../sidecar/ecs-api';
import { OwnService } from '../../../sidecar/own-service';
import { folderOf } from '../fixtures/assembly';
import { type DeployedAccount, startDeployedAccount } from '../fixtures/deployed-account';
import { definitionOf } from '../fixtures/tasks';

const STAYS = 'setInterval(() => {}, 1000);';
const URI = '000000000000.dkr.ecr.us-east-1.amazonaws.com/apps';
const ARN = 'arn:aws:ecs:us-east-1:000000000000';
const PLACE = { cluster: 'shop', service: 'app' };

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what an API answers
  readonly body: any;
}

let account: DeployedAccount;
let service: Service;

beforeAll(async () => {
  account = await startDeployedAccount();
  const { taskDefinitions, services, ecs } = account.machinery;
  const { arn: _, ...first } = definitionOf({ app: STAYS });
  const hints = {
    tool: { npm: { package: 'left', version: '1.0.0', bin: 'left' } },
    app: { command: ['node', 'index.js'], directory: __dirname },
  };
  const declared = { containers: [{ Name: 'app', Image: `${URI}:one` }], hints };
  const definition = taskDefinitions.register({ ...first, declared }, (revision) => `${ARN}:task-definition/test:${revision}`);
  const arn = `${ARN}:service/shop/app`;
  service = new Service({ name: 'app', arn, cluster: 'shop', definition, zones: ['a'], targets: [], gracePeriodSeconds: 0 }, ecs);
  services.set(arn, service);
  service.scaleTo(1);
  await service.healthy(20_000);
});

afterAll(() => account?.stop());

/** Only the key of a signature is looked at. */
async function ecs(action: string, request: object, { accessKeyId } = OPERATOR_CREDENTIALS): Promise<Answer> {
  const response = await fetch(account.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AmazonEC2ContainerServiceV20141113.${action}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(request),
  });
  return { status: response.status, body: await response.json() };
}

describe('services and tasks', () => {
  test('are told of', async () => {
    expect((await ecs('ListServices', { cluster: 'shop' })).body).toEqual({ serviceArns: [service.settings.arn] });
    const { body } = await ecs('DescribeServices', { cluster: `${ARN}:cluster/shop`, services: ['app', 'nobody'] });
    expect(body).toMatchObject({
      services: [
        {
          ...{ serviceName: 'app', status: 'ACTIVE', desiredCount: 1, runningCount: 1, pendingCount: 0 },
          deployments: [{ status: 'PRIMARY', rolloutState: 'COMPLETED', desiredCount: 1, taskDefinition: `${ARN}:task-definition/test:1` }],
          deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 },
        },
      ],
      failures: [{ arn: `${ARN}:service/shop/nobody`, reason: 'MISSING' }],
    });
    expect(body.services[0].events[0]).toMatchObject({
      message: expect.stringMatching(/^\(service app\) /),
      createdAt: expect.any(Number),
    });
    const { body: listed } = await ecs('ListTasks', { cluster: 'shop', serviceName: 'app' });
    const { body: tasks } = await ecs('DescribeTasks', { cluster: 'shop', tasks: [...listed.taskArns, 'gone'] });
    expect(tasks).toMatchObject({
      tasks: [{ lastStatus: 'RUNNING', desiredStatus: 'RUNNING', containers: [{ name: 'app', lastStatus: 'RUNNING' }] }],
      failures: [{ arn: 'gone', reason: 'MISSING' }],
    });
  });

  test('tell a sidecar when its instance is being replaced, also by a forced deployment of the same definition', async () => {
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = LOCAL_CREDENTIALS;
    const api = new EcsApi({ AWS_ENDPOINT_URL: account.url, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }, 'us-east-1');
    const [old] = service.tasks;
    if (old === undefined) throw new Error('no task runs');
    const own = new OwnService(api, { task: old.arn, cluster: `${ARN}:cluster/shop`, service: 'app' });
    expect(await own.look()).toEqual({ isOvertaken: false, isSucceeded: false, hasFailed: false, running: 1 });
    old.protectedUntil = Date.now() + 60_000;
    const deployed = service.deploy({ forceNewDeployment: true });
    while (service.tasks.filter(({ running }) => running).length < 2) await new Promise((next) => setTimeout(next, 20));
    expect(await own.look()).toEqual({ isOvertaken: true, isSucceeded: true, hasFailed: false, running: 2 });
    old.protectedUntil = 0;
    await deployed;
  });

  test('have another definition from then on, whose programs run as those of the one before', async () => {
    push('two');
    const image = `${URI}:two`;
    const { body } = await ecs('RegisterTaskDefinition', {
      family: 'test',
      containerDefinitions: [
        { name: 'app', image, essential: true, environment: [{ name: 'A', value: 'b' }], mountPoints: [], logConfiguration: {} },
      ],
      volumes: [],
      requiresCompatibilities: ['FARGATE'],
    });
    expect(body.taskDefinition).toMatchObject({ family: 'test', revision: 2, taskDefinitionArn: `${ARN}:task-definition/test:2` });
    expect((await ecs('DescribeTaskDefinition', { taskDefinition: 'test' })).body.taskDefinition).toEqual({
      ...body.taskDefinition,
      containerDefinitions: [{ name: 'app', image, essential: true, environment: [{ name: 'A', value: 'b' }] }],
    });
    const { taskDefinitions } = account.machinery;
    expect(taskDefinitions.find('test:2')?.containers).toMatchObject([{ program: { argv: ['node', 'index.js'], cwd: __dirname } }]);
    const { body: updated } = await ecs('UpdateService', {
      ...PLACE,
      taskDefinition: 'test:2',
      forceNewDeployment: true,
      deploymentConfiguration: { minimumHealthyPercent: 0 },
    });
    expect(updated.service).toMatchObject({
      deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 200 },
      deployments: [{ status: 'PRIMARY', taskDefinition: `${ARN}:task-definition/test:2` }, { status: 'ACTIVE' }],
    });
    expect(service.settings.definition.arn).toBe(`${ARN}:task-definition/test:2`);
    await ecs('UpdateService', { ...PLACE, desiredCount: 0 });
    expect(service.desiredCount).toBe(0);
  });

  test('a number of a revision is never given twice', async () => {
    expect((await ecs('DeregisterTaskDefinition', { taskDefinition: 'test:2' })).body.taskDefinition.status).toBe('INACTIVE');
    const again = { family: 'test', containerDefinitions: [{ name: 'app', image: `${URI}:two` }] };
    expect((await ecs('RegisterTaskDefinition', again)).body.taskDefinition.revision).toBe(3);
  });

  test('what is wrong, or not known here, is refused by name', async () => {
    for (const [action, request, type] of [
      ['UpdateService', { service: 'nobody' }, 'ServiceNotFoundException'],
      ['UpdateService', { ...PLACE, taskDefinition: 'nobody' }, 'ClientException'],
      ['UpdateService', { ...PLACE, desiredCount: -1 }, 'InvalidParameterException'],
      ['UpdateService', { ...PLACE, loadBalancers: [] }, 'NotImplemented'],
      ['UpdateService', { ...PLACE, deploymentConfiguration: { minimumHealthyPercent: 200 } }, 'ClientException'],
      ['UpdateService', { ...PLACE, deploymentConfiguration: { lifecycleHooks: [{}] } }, 'ClientException'],
      ['RegisterTaskDefinition', { family: 'test', containerDefinitions: [] }, 'ClientException'],
      ['RegisterTaskDefinition', { family: 'test', containerDefinitions: [{ name: 'other', image: 'nginx' }] }, 'ClientException'],
      ['RegisterTaskDefinition', { family: 'test', containerDefinitions: [{ name: 'app', image: 'x' }], volumes: [{}] }, 'NotImplemented'],
      ['DeleteService', PLACE, 'NotImplemented'],
    ] as const) {
      const { status, body } = await ecs(action, request);
      expect([action, body.__type, status]).toEqual([action, type, type === 'NotImplemented' ? 501 : 400]);
    }
  });

  test('are told of to programs, as far as each may learn how its own service is deployed, and nothing more', async () => {
    const asProgram = (action: string, request: object) => ecs(action, request, LOCAL_CREDENTIALS);
    const { body } = await asProgram('DescribeServices', { cluster: 'shop', services: ['app'] });
    expect(body.services[0].deployments[0]).toMatchObject({ id: expect.stringMatching(/^ecs-svc\/\d{19}$/), status: 'PRIMARY' });
    expect((await asProgram('DescribeTasks', { cluster: 'shop', tasks: ['gone'] })).body).toMatchObject({ failures: [{ arn: 'gone' }] });
    for (const action of ['UpdateService', 'ListTasks']) expect((await asProgram(action, { ...PLACE, desiredCount: 5 })).status).toBe(501);
    expect(service.desiredCount).toBe(0);
  });
});

function push(tag: string): void {
  const { repositories, images } = account.publishing;
  repositories.create('apps', { mutable: true });
  const context = folderOf({ Dockerfile: 'FROM node:24\nCMD ["node", "index.js"]\n', 'index.js': STAYS });
  images.build(`${URI}:${tag}`, { context, dockerfile: 'Dockerfile', buildArguments: {} });
  images.push(`${URI}:${tag}`);
}
